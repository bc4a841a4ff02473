//! What does the server have to say against a request?

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::Value;

/// What the server has to say against a request (`application/problem+json`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub what_to_do: String,
    /// A fresh nonce, where the request's was stale; in hexadecimal in the answer.
    pub nonce: Option<Vec<u8>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [&self.detail, &self.title]
            .into_iter()
            .find(|text| !text.is_empty());
        match said {
            Some(text) => f.write_str(text)?,
            None => write!(f, "HTTP {}", self.status)?,
        }
        match self.what_to_do.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.what_to_do),
        }
    }
}

impl Problem {
    pub fn read(status: u16, body: &[u8]) -> Problem {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        Problem {
            status,
            title: text("title").unwrap_or_default(),
            detail: text("detail").unwrap_or_default(),
            what_to_do: text("what_to_do").unwrap_or_default(),
            nonce: text("nonce").and_then(|text| HEXLOWER.decode(text.as_bytes()).ok()),
        }
    }

    /// Whether the same request may do better later.
    pub fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }
}
