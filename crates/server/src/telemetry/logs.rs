//! Logs on the standard error output, for people on a terminal and as JSON lines elsewhere; and
//! the same spans as traces, if wanted.

use crate::config::{Config, LogFormat};
use anyhow::Context;
use std::io::IsTerminal;
use tokio::runtime::Handle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that overrides the configured filter.
const VARIABLE: &str = "RINGBACK_LOG";

/// Runs as long as anything is told; closing it sends the last spans.
#[must_use = "the last spans are sent when it is closed"]
pub(crate) struct Telling {
    #[cfg(feature = "otlp")]
    spans: Option<super::traces::SpansOut>,
}

impl Telling {
    /// Starts logging and tracing. Once per process.
    pub(crate) fn start(config: &Config, runtime: &Handle) -> anyhow::Result<Self> {
        let given = std::env::var(VARIABLE).ok();
        let filter = EnvFilter::try_new(given.as_deref().unwrap_or(&config.log_filter))
            .with_context(|| format!("{VARIABLE} is not a log filter; use for example info"))?;
        let lines = tracing_subscriber::registry()
            .with(filter)
            .with(lines(config.log_format));
        #[cfg(feature = "otlp")]
        {
            let open = |traces| super::traces::SpansOut::open(traces, runtime.clone());
            let spans = config.traces.as_ref().map(open).transpose()?;
            let layer = spans
                .as_ref()
                .map(|spans| tracing_opentelemetry::layer().with_tracer(spans.tracer()));
            lines.with(layer).try_init()?;
            Ok(Self { spans })
        }
        #[cfg(not(feature = "otlp"))]
        {
            let _ = runtime;
            lines.try_init()?;
            Ok(Self {})
        }
    }

    /// Sends what is left to send.
    pub(crate) fn close(self) {
        #[cfg(feature = "otlp")]
        if let Some(spans) = self.spans {
            spans.close();
        }
    }
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let terminal = std::io::stderr().is_terminal();
    let human = match format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if human {
        lines.with_ansi(terminal).with_target(false).boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    }
}
