//! One request to a server and its answer, byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use sync_core::sync::message::Message;

/// What the server answered: its message or its problem.
#[derive(Debug)]
pub enum Answer<T> {
    Fine(T),
    Problem(u16, Value),
}

impl<T: std::fmt::Debug> Answer<T> {
    #[track_caller]
    pub fn fine(self) -> T {
        match self {
            Answer::Fine(message) => message,
            Answer::Problem(status, problem) => panic!("{status}: {problem}"),
        }
    }

    #[track_caller]
    pub fn problem(self, code: &str) -> Value {
        match self {
            Answer::Problem(_, problem) => {
                assert_eq!(
                    problem["type"],
                    format!("urn:wardbook:problem:{code}"),
                    "{problem}"
                );
                problem
            }
            Answer::Fine(message) => panic!("no problem {code} but {message:?}"),
        }
    }
}

/// One request on a connection of its own; `None` when the server went away.
pub fn exchange(
    address: SocketAddr,
    line: &str,
    headers: &str,
    body: &[u8],
) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    );
    // A server that refuses early does not read to the end.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..split].to_vec()).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = answer.split_off(split + 4);
    let declared = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    (declared.parse() == Ok(body.len())).then_some((status, body))
}

pub fn read<T: Message>((status, body): (u16, Vec<u8>)) -> Answer<T> {
    match status {
        200 => Answer::Fine(T::from_wire(&body).unwrap()),
        _ => Answer::Problem(status, serde_json::from_slice(&body).unwrap()),
    }
}
