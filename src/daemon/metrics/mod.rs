//! Owns the page of figures for monitoring: who may ask how often, and over what. It refuses to
//! know what the figures are, and to answer anything but that page.

mod figures;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

pub(super) use figures::Source;

/// Who asks at the same time.
const ASKERS: usize = 4;
/// How long one may take to ask and to read.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a failed accept, which mostly means that files have run out.
const REST: Duration = Duration::from_secs(1);
/// Bytes of a request's head.
const HEAD_MAX: usize = 8 * 1024;
/// The text format of `OpenMetrics` 1.0, which Prometheus reads.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page, until dropped.
pub(super) struct Metrics {
    task: AbortOnDropHandle<()>,
}

impl Metrics {
    /// Begins to listen.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub(super) async fn listen(at: SocketAddr, source: Source) -> std::io::Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let serving = serve(listener, Arc::new(source));
        Ok(Self {
            task: AbortOnDropHandle::new(tokio::spawn(serving)),
        })
    }

    /// Ends it, so that the address is free.
    pub(super) async fn stop(self) {
        self.task.abort();
        // It was told to end.
        let _ = self.task.await;
    }
}

async fn serve(listener: TcpListener, source: Arc<Source>) {
    let askers = Arc::new(Semaphore::new(ASKERS));
    loop {
        let Ok(seat) = Arc::clone(&askers).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let answering = answer(stream, Arc::clone(&source));
                tokio::spawn(async move {
                    // Who is too slow is left.
                    let _ = tokio::time::timeout(PATIENCE, answering).await;
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "metrics");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, source: Arc<Source>) {
    let page = service_fn(move |request| {
        let source = Arc::clone(&source);
        async move { Ok::<_, Infallible>(respond(&request, &source).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), page)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "metrics");
    }
}

async fn respond(request: &Request<Incoming>, source: &Source) -> Response<Full<Bytes>> {
    let plain = |status: StatusCode, words: String| {
        let mut response = Response::new(Full::from(words));
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "GET /metrics\n".to_owned());
    }
    if request.method() != Method::GET {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, String::new());
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    match source.text().await {
        Ok(text) => {
            let mut response = plain(StatusCode::OK, text);
            let format = HeaderValue::from_static(FORMAT);
            response.headers_mut().insert(CONTENT_TYPE, format);
            response
        }
        Err(error) => {
            tracing::error!(%error, "metrics");
            plain(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"))
        }
    }
}
