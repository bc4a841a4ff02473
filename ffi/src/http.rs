//! How does a phone in a terminal reach the server?
//!
//! Blocking HTTP/1.1 over one connection that is kept alive. Every byte of TCP payload is
//! counted, headers included. A phone app brings its platform's networking instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport,
};
use ureq::{Agent, Body, RequestBuilder, config::AutoHeaderValue};

use crate::problem::Problem;

const CONNECT: Duration = Duration::from_secs(10);
/// Longer than a server ever waits for an outcome, with room for a slow line.
const ANSWER: Duration = Duration::from_secs(120);
/// The pauses before a request that no answer came to is made again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// A record in full, or a page of the station's log: what no answer exceeds.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// Why a request has no answer that a phone can use.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0} is no address of a server; it begins with http://")]
    Address(String),
    #[error("no answer from {server}")]
    NoAnswer {
        server: String,
        source: Box<ureq::Error>,
    },
    #[error("{0}")]
    Problem(Box<Problem>),
}

/// What went over the line so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub bytes_up: u64,
    pub bytes_down: u64,
    pub requests: u64,
}

/// One server, as seen from one phone.
#[derive(Debug)]
pub struct Client {
    server: String,
    agent: Agent,
    language: Option<&'static str>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    up: AtomicU64,
    down: AtomicU64,
    requests: AtomicU64,
}

impl Client {
    /// `server` is its address, such as `http://127.0.0.1:8080`.
    pub fn new(server: &str) -> Result<Client, HttpError> {
        let server = server.trim().trim_end_matches('/').to_owned();
        let host = server.strip_prefix("http://").unwrap_or_default();
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '@') {
            return Err(HttpError::Address(server));
        }
        let counters = Arc::new(Counters::default());
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .max_idle_connections(1)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .build();
        let counting = Counting(Arc::clone(&counters));
        let connector = ().chain(TcpConnector::default()).chain(counting);
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Client {
            server,
            agent,
            language: None,
            counters,
        })
    }

    /// In which language the server tells its problems, when it is not to be Chinese.
    pub fn in_language(mut self, tag: &'static str) -> Client {
        self.language = Some(tag).filter(|tag| *tag != "zh");
        self
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn traffic(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            bytes_up: read(&self.counters.up),
            bytes_down: read(&self.counters.down),
            requests: read(&self.counters.requests),
        }
    }

    /// Posts a message until an answer comes, with a pause before each repetition: whatever a
    /// phone sends may be sent twice.
    pub fn send(&self, path: &str, message: &[u8]) -> Result<Vec<u8>, HttpError> {
        self.until_answered(|| self.post(path, message))
    }

    /// Asks for something, with a header that says who asks.
    pub fn get(&self, path: &str, header: (&str, &str)) -> Result<Vec<u8>, HttpError> {
        self.until_answered(|| {
            let request = self.agent.get(format!("{}{path}", self.server));
            let request = self.speaking(request.header(header.0, header.1));
            self.answer(request.call())
        })
    }

    fn until_answered(
        &self,
        send_once: impl Fn() -> Result<Vec<u8>, HttpError>,
    ) -> Result<Vec<u8>, HttpError> {
        let mut pauses = PAUSES.iter();
        loop {
            let failed = match send_once() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let passing = match &failed {
                HttpError::NoAnswer { .. } => true,
                HttpError::Problem(problem) => problem.is_passing(),
                HttpError::Address(_) => false,
            };
            match pauses.next() {
                Some(pause) if passing => std::thread::sleep(*pause),
                Some(_) | None => return Err(failed),
            }
        }
    }

    fn post(&self, path: &str, message: &[u8]) -> Result<Vec<u8>, HttpError> {
        let request = self.agent.post(format!("{}{path}", self.server));
        let request = self.speaking(request.content_type("application/cbor"));
        self.answer(request.send(message))
    }

    /// A server speaks Chinese to who asks for nothing else.
    fn speaking<Any>(&self, request: RequestBuilder<Any>) -> RequestBuilder<Any> {
        match self.language {
            Some(language) => request.header("accept-language", language),
            None => request,
        }
    }

    fn answer(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, HttpError> {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        let no_answer = |source| HttpError::NoAnswer {
            server: self.server.clone(),
            source: Box::new(source),
        };
        let mut answer = answer.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER);
        let body = body.read_to_vec().map_err(no_answer)?;
        match status {
            200..=299 => Ok(body),
            _ => Err(HttpError::Problem(Box::new(Problem::read(status, &body)))),
        }
    }
}

/// Wraps a connection so that its bytes are counted.
#[derive(Debug)]
struct Counting(Arc<Counters>);

impl<In: Transport> Connector<In> for Counting {
    type Out = Counted<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Counted<In>>, ureq::Error> {
        let counters = &self.0;
        Ok(chained.map(|inner| Counted {
            inner,
            counters: Arc::clone(counters),
        }))
    }
}

#[derive(Debug)]
struct Counted<T> {
    inner: T,
    counters: Arc<Counters>,
}

impl<T: Transport> Transport for Counted<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, timeout)?;
        self.counters.up.fetch_add(amount as u64, Ordering::Relaxed);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let before = self.inner.buffers().input().len();
        let progress = self.inner.await_input(timeout);
        let after = self.inner.buffers().input().len();
        let read = after.saturating_sub(before) as u64;
        self.counters.down.fetch_add(read, Ordering::Relaxed);
        progress
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Takes one connection and answers each request on it with the next of `answers`; gives the
    /// bytes it read and wrote.
    fn serve(answers: Vec<String>) -> (String, std::thread::JoinHandle<(u64, u64)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut line, _) = listener.accept().unwrap();
            let (mut up, mut down) = (0, 0);
            for answer in answers {
                let mut request = Vec::new();
                while !request.ends_with(b"END") {
                    let mut part = [0; 1000];
                    let n = line.read(&mut part).unwrap();
                    request.extend_from_slice(&part[..n]);
                }
                line.write_all(answer.as_bytes()).unwrap();
                up += request.len() as u64;
                down += answer.len() as u64;
            }
            (up, down)
        });
        (address, thread)
    }

    #[test]
    fn two_requests_go_over_one_connection_and_every_byte_is_counted() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned();
        let (address, server) = serve(vec![answer.clone(), answer]);
        let client = Client::new(&address).unwrap();
        for _ in 0..2 {
            assert_eq!(client.send("/x", b"bodyEND").unwrap(), b"hello");
        }
        let (up, down) = server.join().unwrap();
        let traffic = client.traffic();
        assert_eq!((traffic.bytes_up, traffic.bytes_down), (up, down));
        assert_eq!(traffic.requests, 2);
    }

    #[test]
    fn a_problem_shows_its_detail_and_what_to_do() {
        let json = r#"{"title":"Code","detail":"The code was used.","what_to_do":"Ask the chief for a new one."}"#;
        let answer = format!(
            "HTTP/1.1 410 Gone\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{json}",
            json.len()
        );
        let (address, server) = serve(vec![answer]);
        let client = Client::new(&address).unwrap();
        let error = client.send("/v1/join", b"END").unwrap_err();
        assert_eq!(
            error.to_string(),
            "The code was used. (Ask the chief for a new one.)"
        );
        server.join().unwrap();
    }

    #[test]
    fn an_address_without_http_is_refused() {
        for wrong in ["", "127.0.0.1:80", "https://a", "http://", "http://a b"] {
            assert!(
                matches!(Client::new(wrong), Err(HttpError::Address(_))),
                "{wrong}"
            );
        }
    }
}
