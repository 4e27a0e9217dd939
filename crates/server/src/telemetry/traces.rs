//! Traces over OTLP: protobuf over HTTP, by the HTTP client and TLS the house has already.

use crate::config::Traces;
use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long the last spans may take to leave when the server stops.
const LAST_SPANS_MAX: Duration = Duration::from_secs(3);
/// How long the collector may take to answer.
const COLLECTOR_MAX: Duration = Duration::from_secs(5);

/// The way out of spans; what is left is sent when it is closed.
#[derive(Debug)]
pub(crate) struct SpansOut {
    provider: SdkTracerProvider,
}

impl SpansOut {
    /// Opens the way to the collector. Spans are sent by a thread of their own; requests to the
    /// collector run on `runtime`.
    pub(super) fn open(traces: &Traces, runtime: Handle) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(COLLECTOR_MAX)
            .build()
            .context("cannot make the HTTP client for traces")?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(&traces.otlp_url)
            .with_http_client(OnRuntime { client, runtime })
            .build()
            .context("cannot send traces to traces.otlp_url")?;
        let ratio = Sampler::TraceIdRatioBased(traces.sampled);
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(ratio)))
            .with_resource(
                Resource::builder()
                    .with_service_name("ringback")
                    .with_attribute(version)
                    .build(),
            )
            .build();
        Ok(Self { provider })
    }

    /// Where spans are made.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("ringback")
    }

    /// Sends what is left. Blocks, but not for long.
    pub(crate) fn close(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST_SPANS_MAX) {
            tracing::warn!(%error, "The last spans did not reach the collector.");
        }
    }
}

/// Sends on the server's runtime, because the thread of the spans has none.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        self.runtime
            .spawn(async move {
                let response = client.execute(request).await?;
                let mut answer = Response::builder().status(response.status());
                if let Some(headers) = answer.headers_mut() {
                    headers.clone_from(response.headers());
                }
                Ok(answer.body(response.bytes().await?)?)
            })
            .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::Tracer;
    use std::sync::mpsc;

    #[test]
    fn a_span_reaches_the_collector_as_protobuf() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (seen, arrived) = mpsc::channel();
        let collector =
            axum::Router::new().fallback(move |request: axum::extract::Request| async move {
                let kind = request.headers()["content-type"]
                    .to_str()
                    .map(str::to_owned);
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
                let _ = seen.send((kind.unwrap(), body.unwrap()));
            });
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, collector).await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let traces = Traces {
            otlp_url: format!("http://{address}/v1/traces"),
            sampled: 1.0,
        };
        let spans = SpansOut::open(&traces, runtime.handle().clone()).unwrap();
        spans.tracer().in_span("offer", |_| {});
        spans.close();
        let (kind, body) = arrived.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(kind, "application/x-protobuf");
        assert!(body.windows(5).any(|part| part == b"offer"), "{body:?}");
        assert!(body.windows(8).any(|part| part == b"ringback"), "{body:?}");
    }
}
