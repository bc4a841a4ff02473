//! What a client meets on the wire, whatever it asks.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use wardbook::admission::Trial;
use wardbook::error::Error;
use wardbook::http::{self, App, Limits, Listeners, Stop, Stopper};

use crate::on_both_engines;
use crate::store::{TestStore, block_on};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub struct Server {
    pub sync: SocketAddr,
    pub console: SocketAddr,
    stopper: Stopper,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start(store: &TestStore, limits: Limits) -> Server {
        Self::start_on(store, limits, None).await
    }

    pub async fn start_on(
        store: &TestStore,
        limits: Limits,
        console: Option<SocketAddr>,
    ) -> Server {
        let app = App {
            limits,
            ..App::new(store.db.clone(), store.clock.clone(), store.data.clone())
        };
        Self::start_app(app, console).await
    }

    /// A server that has what waited judged apart first.
    pub async fn start_with(store: &TestStore, trial: Trial) -> Server {
        let (db, clock, data) = (store.db.clone(), store.clock.clone(), store.data.clone());
        Self::start_app(App::with_trial(db, clock, data, Some(trial)), None).await
    }

    async fn start_app(app: App, console: Option<SocketAddr>) -> Server {
        let listeners = Listeners::bind(ANY_PORT, console).await.unwrap();
        let (sync, console) = (listeners.sync_address(), listeners.console_address());
        let (stopper, stop) = Stop::pair();
        let serving = tokio::spawn(http::serve(Arc::new(app), listeners, stop));
        Server {
            sync,
            console,
            stopper,
            serving,
        }
    }

    pub async fn stop(self) {
        self.stopper.stop();
        self.serving.await.unwrap();
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Sends bytes and reads until the server closes the connection.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    read_to_close(&mut stream)
}

/// The head of an answer whose body may be no text.
pub fn head(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    String::from_utf8(answer[..end].to_vec()).unwrap()
}

fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

pub fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"),
    )
}

fn problem(answer: &str) -> Value {
    assert!(
        answer.contains("content-type: application/problem+json"),
        "{answer}"
    );
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

on_both_engines! {
    async fn a_server_says_that_it_lives_and_is_ready(store) {
        let server = Server::start(&store, Limits::default()).await;
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        assert!(get(server.sync, "/readyz", "").starts_with("HTTP/1.1 200"));
        let metrics = get(server.sync, "/metrics", "");
        assert!(metrics.contains("wardbook_http_requests_total{"), "{metrics}");
        server.stop().await;
    }

    async fn a_server_whose_database_went_away_lives_but_is_not_ready(store) {
        let server = Server::start(&store, Limits::default()).await;
        store.db.close().await;
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        let answer = get(server.sync, "/readyz", "Accept-Language: en\r\n");
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("retry-after: 5"));
        let problem = problem(&answer);
        assert_eq!(problem["type"], "urn:wardbook:problem:database_away");
        assert_eq!(problem["detail"], problem["title"]);
        server.stop().await;
    }
}

fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(TestStore) -> F) {
    block_on(async { scenario(TestStore::sqlite().await).await });
}

#[test]
fn a_problem_says_what_happened_in_the_language_asked_for() {
    on_sqlite(async |store| {
        let server = Server::start(&store, Limits::default()).await;
        let answer = get(
            server.sync,
            "/nowhere",
            "Accept-Language: en\r\nX-Request-Id: phone-0001\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 404"));
        assert!(answer.contains("x-request-id: phone-0001"));
        let english = problem(&answer);
        assert_eq!(english["request_id"], "phone-0001");
        assert_eq!(english["title"], "There is nothing at this address");
        assert_eq!(english["what_was_kept"], "Nothing was stored.");
        assert_eq!(english["status"], 404);
        let chinese = problem(&get(server.sync, "/nowhere", "X-Request-Id: <script>\r\n"));
        assert_eq!(chinese["title"], "没有这个地址");
        assert_eq!(chinese["request_id"].as_str().unwrap().len(), 16);
        let answer = exchange(
            server.sync,
            "DELETE /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 405"));
        assert_eq!(
            problem(&answer)["type"],
            "urn:wardbook:problem:method_not_allowed"
        );
        server.stop().await;
    });
}

#[test]
fn a_client_that_dawdles_over_its_headers_is_cut_off_while_others_are_served() {
    on_sqlite(async |store| {
        let limits = Limits {
            header_time: Duration::from_millis(200),
            ..Limits::default()
        };
        let server = Server::start(&store, limits).await;
        let mut slow = connect(server.sync);
        slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-")
            .unwrap();
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        let answer = read_to_close(&mut slow);
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        server.stop().await;
    });
}

#[test]
fn a_body_that_is_too_large_or_too_slow_or_cut_off_is_told_so() {
    on_sqlite(async |store| {
        let limits = Limits {
            body_time: Duration::from_millis(200),
            body_bytes: 100,
            ..Limits::default()
        };
        let server = Server::start(&store, limits).await;
        let head = "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        let declared = exchange(server.sync, &format!("{head}Content-Length: 101\r\n\r\n"));
        assert!(declared.starts_with("HTTP/1.1 413"), "{declared}");
        assert_eq!(
            problem(&declared)["type"],
            "urn:wardbook:problem:body_too_large"
        );
        let body = "x".repeat(101);
        let chunked = exchange(
            server.sync,
            &format!("{head}Transfer-Encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n"),
        );
        assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
        let slow = exchange(server.sync, &format!("{head}Content-Length: 50\r\n\r\nabc"));
        assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
        server.stop().await;
    });
}

#[test]
fn headers_without_end_are_refused() {
    on_sqlite(async |store| {
        let server = Server::start(&store, Limits::default()).await;
        let header = format!("X-Long: {}\r\n", "x".repeat(20_000));
        let answer = get(server.sync, "/livez", &header);
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        server.stop().await;
    });
}

#[test]
fn connections_beyond_the_limit_wait_for_their_turn() {
    on_sqlite(async |store| {
        let limits = Limits {
            connections: 1,
            header_time: Duration::from_millis(300),
            ..Limits::default()
        };
        let server = Server::start(&store, limits).await;
        let silent = connect(server.sync);
        // Served once the silent one has been cut off.
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        drop(silent);
        server.stop().await;
    });
}

#[test]
fn a_stopping_server_does_not_wait_for_a_silent_client() {
    on_sqlite(async |store| {
        let limits = Limits {
            grace: Duration::from_millis(300),
            ..Limits::default()
        };
        let server = Server::start(&store, limits).await;
        let address = server.sync;
        let silent = connect(address);
        let mut half = connect(address);
        half.write_all(b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            .unwrap();
        server.stop().await;
        assert!(TcpStream::connect(address).is_err());
        drop(silent);
    });
}

#[test]
fn the_console_answers_to_this_machines_names_alone() {
    on_sqlite(async |store| {
        let server = Server::start_on(&store, Limits::default(), Some(ANY_PORT)).await;
        assert_ne!(server.sync, server.console);
        let rebound = exchange(
            server.console,
            "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        );
        assert!(rebound.starts_with("HTTP/1.1 421"), "{rebound}");
        assert!(get(server.console, "/metrics", "").starts_with("HTTP/1.1 200"));
        assert!(get(server.sync, "/metrics", "").starts_with("HTTP/1.1 404"));
        server.stop().await;
    });
}

#[test]
fn the_console_is_not_opened_to_the_network() {
    block_on(async {
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let refused = Listeners::bind(ANY_PORT, Some(everywhere)).await;
        assert!(matches!(refused, Err(Error::ConsoleNotLoopback { .. })));
        let open = Listeners::bind(everywhere, None).await.unwrap();
        assert!(open.console_address().ip().is_loopback());
        assert_ne!(open.console_address().port(), open.sync_address().port());
    });
}
