//! The listeners: the API, health from the first moment on, and metrics.

use crate::config::Config;
use crate::telemetry::Metrics;
use anyhow::{Result, bail};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The open listeners of the server.
pub(super) struct Door {
    address: SocketAddr,
    inside: Arc<OnceLock<Router>>,
    listeners: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Door {
    /// Listens. Until somebody is let in, everything but health is answered with 503.
    pub(super) async fn open(
        config: &Config,
        metrics: Metrics,
        closed: watch::Receiver<bool>,
    ) -> Result<Self> {
        let listener = bind("server.listen", config.listen).await?;
        let address = listener.local_addr()?;
        let inside = Arc::new(OnceLock::new());
        let mut outside = Router::new().fallback(pass).with_state(Arc::clone(&inside));
        let mut listeners = Vec::new();
        let page = get(move || {
            let metrics = metrics.clone();
            async move { ([(header::CONTENT_TYPE, METRICS_TYPE)], metrics.page()) }
        });
        match config.metrics_listen {
            None => outside = outside.route("/metrics", page),
            Some(metrics) => {
                let listener = bind("server.metrics_listen", metrics).await?;
                let router = Router::new().route("/metrics", page);
                listeners.push(listen(listener, router, closed.clone()));
            }
        }
        listeners.push(listen(listener, outside, closed));
        Ok(Self {
            address,
            inside,
            listeners,
        })
    }

    /// Where the API listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on requests are answered by `router`.
    pub(super) fn let_in(&self, router: Router) {
        // Called once; a second router would be a mistake nobody could see.
        assert!(self.inside.set(router).is_ok(), "the door was open already");
    }

    /// Waits until the requests under way are answered. No new ones are taken once the server
    /// is closing.
    pub(super) async fn close(self) {
        for listener in self.listeners {
            match listener.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "A listener failed."),
                Err(error) => tracing::error!(%error, "A listener panicked."),
            }
        }
    }
}

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4";

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            let next = match error.kind() {
                ErrorKind::AddrInUse => {
                    "the port is in use: stop the program that uses it, or choose another"
                }
                ErrorKind::PermissionDenied => {
                    "this user may not use it: choose a port of 1024 or more"
                }
                ErrorKind::AddrNotAvailable => {
                    "this machine has no such address: use one that it has, or 0.0.0.0"
                }
                _ => bail!("cannot listen on {address} ({key}): {error}"),
            };
            bail!("cannot listen on {address} ({key}): {next}")
        }
    }
}

fn listen(
    listener: TcpListener,
    router: Router,
    mut closed: watch::Receiver<bool>,
) -> JoinHandle<std::io::Result<()>> {
    let until = async move {
        // The sender going away means the same.
        let _ = closed.wait_for(|closed| *closed).await;
    };
    tokio::spawn(serve(listener, router, until))
}

async fn serve(
    listener: TcpListener,
    router: Router,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // Answers and events are written whole; held back until the one before is acknowledged, they
    // would come late.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "A connection keeps small writes back.");
        }
    });
    // Who log-ins are tried from has to be known.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router)
        .with_graceful_shutdown(until)
        .await
}

/// Hands a request to the house, or says that it is not there yet.
async fn pass(State(inside): State<Arc<OnceLock<Router>>>, request: Request) -> Response {
    match inside.get() {
        // A router never fails: its error type has no values.
        Some(router) => router
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {}),
        None => not_yet(request.uri().path()),
    }
}

fn not_yet(path: &str) -> Response {
    if path == "/health/live" {
        return (
            StatusCode::OK,
            axum::Json(serde_json::json!({"status": "ok", "problems": []})),
        )
            .into_response();
    }
    let problem = serde_json::json!({
        "type": "https://ringback.dev/problems/unavailable.loading",
        "title": "Not ready yet",
        "status": 503,
        "code": "unavailable.loading",
        "detail": "the server is starting; try again in a moment",
    });
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::RETRY_AFTER, "1"),
    ];
    (
        StatusCode::SERVICE_UNAVAILABLE,
        headers,
        problem.to_string(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_names_the_key_and_the_way_out() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = bind("server.listen", address).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on {address} (server.listen): the port is in use: stop the program \
                 that uses it, or choose another"
            )
        );
    }

    #[tokio::test]
    async fn before_the_house_is_there_only_being_alive_is_confirmed() {
        assert_eq!(not_yet("/health/live").status(), StatusCode::OK);
        for path in ["/health/ready", "/health/startup", "/v1/overview"] {
            let response = not_yet(path);
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        }
    }
}
