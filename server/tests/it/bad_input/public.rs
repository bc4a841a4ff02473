//! What anybody can send to the public listener: addresses that lead nowhere, and bodies that
//! never end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use wardbook::http::Limits;

use crate::http::{Server, get};
use crate::on_both_engines;
use crate::store::{TestStore, block_on};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn open(limits: Limits) -> (TestStore, Server) {
    let store = TestStore::sqlite().await;
    store.station("S00").await;
    let server = Server::start_on(&store, limits, Some(ANY_PORT)).await;
    (store, server)
}

on_both_engines! {
    async fn a_card_code_that_is_none_is_told_whom_to_call(store) {
        store.station("S00").await;
        let server = Server::start_on(&store, Limits::default(), Some(ANY_PORT)).await;
        for code in [
            "00000000", "k7m3-x9tw", "x", "%00", "%00%00%00%00%00%00%00%00", "%ff", "..", "..%2f..%2fetc%2fpasswd",
            "%E2%80%AE12345678", "%3Cscript%3E", "'%20OR%201=1--", &"9".repeat(10_000),
        ] {
            for (query, says) in [("?lang=zh", "没有找到这张联络牌"), ("?lang=en", "There is no such card")] {
                let answer = get(server.sync, &format!("/c/{code}{query}"), "Accept: text/html\r\n");
                assert!(answer.starts_with("HTTP/1.1 404"), "{code}: {answer}");
                assert!(answer.contains(says) && answer.contains("tel:12345"), "{code}: {answer}");
            }
            let photo = get(server.sync, &format!("/c/{code}/photo"), "");
            assert!(photo.starts_with("HTTP/1.1 404"), "{code}: {photo}");
        }
        server.stop().await;
    }
}

#[test]
fn beside_the_cards_a_page_stands_alone_and_knows_of_no_console() {
    block_on(async {
        let (_store, server) = open(Limits::default()).await;
        for path in [
            "/",
            "/c",
            "/c/",
            "/s/S00",
            "/assets/console.css",
            "/%E2%80%AE%3Cscript%3E",
            "/v1/sync",
            "/c/a/b",
        ] {
            for (language, says) in [("zh", "反映这个问题时请报编号"), ("en", "name this number")]
            {
                let answer = get(
                    server.sync,
                    path,
                    &format!("Accept: text/html\r\nAccept-Language: {language}\r\n"),
                );
                let (head, page) = answer.split_once("\r\n\r\n").unwrap();
                assert!(head.starts_with("HTTP/1.1 40"), "{path}: {head}");
                assert!(head.contains("content-type: text/html"), "{path}: {head}");
                assert!(head.contains("cache-control: no-store"), "{path}: {head}");
                assert!(
                    head.contains("content-security-policy: default-src 'none'"),
                    "{head}"
                );
                assert!(
                    page.contains(says) && page.contains("tel:12345"),
                    "{path}: {page}"
                );
                assert!(
                    page.contains("lang=") && page.contains("<style>"),
                    "{path}: {page}"
                );
                for none in ["<link", "class=\"skip\"", "href=\"/\"", "<script"] {
                    assert!(!page.contains(none), "{path} has {none}: {page}");
                }
            }
        }
        // The console's own keeps its frame.
        let console = get(server.console, "/nowhere", "Accept: text/html\r\n");
        assert!(console.contains("/assets/console"), "{console}");
        server.stop().await;
    });
}

#[test]
fn an_address_of_ten_megabytes_is_refused_and_costs_nothing() {
    block_on(async {
        let (_store, server) = open(Limits::default()).await;
        for path in ["/c/", "/s/S00/records?q=", "/v1/stations/"] {
            let mut stream = connect(server.sync);
            let piece = "x".repeat(64 * 1024);
            let _ = stream.write_all(format!("GET {path}").as_bytes());
            for _ in 0..160 {
                // The server hangs up long before the end.
                if stream.write_all(piece.as_bytes()).is_err() {
                    break;
                }
            }
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                "{answer}"
            );
        }
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        server.stop().await;
    });
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Announces a body of that length and sends nearly all of it.
fn dawdle(address: SocketAddr, length: usize) -> TcpStream {
    let mut stream = connect(address);
    let head = format!("POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(&vec![b'x'; length - 1]);
    stream
}

#[test]
fn slow_clients_take_no_more_memory_than_there_is_room_and_the_rest_are_told_to_come_again() {
    block_on(async {
        const BODY: usize = 200 * 1024;
        let limits = Limits {
            room_bytes: 2 * BODY,
            body_time: Duration::from_millis(1_500),
            ..Limits::default()
        };
        let (_store, server) = open(limits).await;
        let mut slow: Vec<TcpStream> = (0..40).map(|_| dawdle(server.sync, BODY)).collect();
        // A page has no body, so it waits for nobody.
        assert!(get(server.sync, "/livez", "").starts_with("HTTP/1.1 200"));
        let mut told: std::collections::BTreeMap<String, usize> = Default::default();
        for stream in &mut slow {
            let mut answer = [0; 12];
            let _ = stream.read_exact(&mut answer);
            let status = String::from_utf8_lossy(&answer[9..]).into_owned();
            *told.entry(status).or_default() += 1;
        }
        // Whoever had room was too slow; whoever had none may come again.
        assert_eq!(told.keys().collect::<Vec<_>>(), ["408", "503"], "{told:?}");
        assert!(told["503"] > told["408"], "{told:?}");
        // And then there is room again.
        let head = "POST /v1/sync HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
        let mut stream = connect(server.sync);
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        server.stop().await;
    });
}
