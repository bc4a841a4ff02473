//! The console answers to this machine's own names alone. A foreign page can make a browser ask
//! 127.0.0.1 under the page's own name (DNS rebinding) and would read the books with it.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use crate::error::{Error, Result};

pub async fn own_names(request: Request, next: Next) -> Result<Response> {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    match host.is_some_and(is_own_name) {
        true => Ok(next.run(request).await),
        false => Err(Error::ConsoleForeignHost),
    }
}

fn is_own_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_own_name;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for own in [
            "localhost",
            "LocalHost:80",
            "127.0.0.1:8470",
            "[::1]:8470",
            "127.9.9.9",
        ] {
            assert!(is_own_name(own), "{own}");
        }
        for foreign in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_own_name(foreign), "{foreign}");
        }
    }
}
