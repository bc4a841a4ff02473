//! Why does the phone not do what it was asked?

use sync_core::fieldbook::{OpenError, Refusal};

use crate::form::FormError;
#[cfg(feature = "http")]
use crate::http::HttpError;
use crate::phone::NumberError;
use crate::store::StoreError;

/// What was asked did not happen; what was saved before stands.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Form(#[from] FormError),
    #[cfg(feature = "http")]
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("no randomness to be had")]
    Random(#[from] getrandom::Error),
    #[error("the store was copied from another device or restored from a backup")]
    Copied,
    #[error("only the platform can sign this")]
    NoKey,
    #[error("no record begins with {0}")]
    NoRecord(String),
    #[error("{given} fits several records: {}", records.join(", "))]
    SeveralRecords { given: String, records: Vec<String> },
    #[error("the server's answer came to nothing that was asked for")]
    NoReply,
    #[error("the server showed what cannot be: {0}")]
    Alarm(String),
    #[error("cannot {doing} {path}")]
    File {
        doing: &'static str,
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Number(#[from] NumberError),
    #[error("{path} has more than {limit} bytes")]
    FileTooLarge {
        path: std::path::PathBuf,
        limit: u64,
    },
    #[error("line {line} of {path} is no UTF-8 text")]
    NotText {
        path: std::path::PathBuf,
        line: usize,
    },
    #[error("this is no package that a phone has given")]
    NoPackage,
}
