//! Takes connections: how many at once, how long each may dawdle, how the server stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use super::{Limits, Stop};

/// Less is none to hyper.
const LEAST_BUFFER: usize = 8 * 1024;

/// Takes connections until told to stop, then waits for those under way, but not for ever.
pub async fn accept(listener: TcpListener, router: Router, limits: Limits, stop: Stop) {
    let room = Arc::new(Semaphore::new(limits.connections as usize));
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let (place, accepted) = tokio::select! {
            () = stop.told() => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving = serve_one(stream, peer, router.clone(), limits, stop.clone(), place);
                tokio::spawn(serving);
            }
            // Out of file descriptors, or a client that left at once: neither ends the server.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    // Every place free again means that every connection has ended.
    if tokio::time::timeout(limits.grace, room.acquire_many(limits.connections))
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    stop: Stop,
    place: OwnedSemaphorePermit,
) {
    metrics::gauge!("wardbook_connections").increment(1);
    // A receipt is small and somebody waits for it.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { router.call(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_bytes)
        // What has come and waits to be read stays small too.
        .max_buf_size(limits.header_bytes.max(LEAST_BUFFER) * 2)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.told() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    metrics::gauge!("wardbook_connections").decrement(1);
    drop(place);
}
