//! What does the server have to say against a request?

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sync_core::ids::Hash;

/// What the server has to say against a request (`application/problem+json`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub what_to_do: String,
    /// A fresh nonce, where the request's was stale; in hexadecimal in the answer.
    pub nonce: Option<Vec<u8>>,
    /// The stable word for it: the end of its `type`.
    pub code: String,
    /// Envelopes that were not taken, each with the stable word for why.
    pub turned_away: Vec<(Hash, String)>,
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
            code: text("type")
                .and_then(|word| Some(word.rsplit(':').next()?.to_owned()))
                .unwrap_or_default(),
            turned_away: turned_away(&json),
            nonce: text("nonce").and_then(|text| HEXLOWER.decode(text.as_bytes()).ok()),
        }
    }

    /// Whether the server has ended this device.
    pub fn is_removed(&self) -> bool {
        self.code == "device_removed"
    }

    /// Whether the same request may do better later.
    pub fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }
}

fn turned_away(json: &Value) -> Vec<(Hash, String)> {
    let told = json.get("envelopes").and_then(Value::as_array);
    let told = told.into_iter().flatten().filter_map(|told| {
        let hash = told.get("envelope")?.as_str()?.parse().ok()?;
        Some((hash, told.get("code")?.as_str()?.to_owned()))
    });
    told.collect()
}
