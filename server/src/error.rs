//! What can go wrong in the server. `Display` names the operation and carries the ids; what to
//! do about it stands in `server/messages`, how HTTP answers in [`problem`](crate::problem).

use std::net::SocketAddr;
use std::path::PathBuf;

use sync_core::catalogue::Mistake;
use sync_core::fieldbook::Refusal;
use sync_core::ids::{BadName, PersonId, RecordId, StationId};
use sync_core::sync::Nonce;

use crate::card::Code;
use crate::exchange::Refused;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database failed at {operation}")]
    Database {
        operation: &'static str,
        source: sqlx::Error,
    },
    #[error("a statement of {operation} failed and its error was passed over; nothing was written")]
    FailurePassedOver { operation: &'static str },
    #[error("the store holds an unexpected value in column {column} of {query}")]
    StoredValue { query: &'static str, column: String },
    #[error("the store's {0} cannot be read")]
    Damaged(&'static str),
    #[error("an envelope of the server's own cannot be closed")]
    CannotClose(#[source] sync_core::envelope::header::CannotClose),
    #[error("too many deliveries wait for their commit")]
    IntakeBusy,
    #[error("{variable} is `{given}`, which names no messages to log")]
    LogFilter {
        variable: &'static str,
        given: String,
        source: tracing_subscriber::filter::ParseError,
    },
    #[error("there is no store at {}", .path.display())]
    StoreMissing { path: PathBuf },
    #[error("the database holds no Wardbook store")]
    StoreEmpty,
    #[error("the store has version {found}, this program knows versions up to {known}")]
    StoreNewer { found: i64, known: i64 },
    #[error("{operation} {} failed", .path.display())]
    File {
        operation: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the server key {} is not 32 bytes of a P-256 key", .path.display())]
    BadKey { path: PathBuf },
    #[error("the server key of station {station} is missing at {}", .path.display())]
    KeyMissing { station: StationId, path: PathBuf },

    #[error("station {0} is not in this store")]
    StationUnknown(StationId),
    #[error("station {0} is in this store already")]
    StationExists(StationId),
    #[error("officer {person} is not a member of station {station}")]
    OfficerUnknown {
        station: StationId,
        person: PersonId,
    },
    #[error("officer {person} is a member of station {station} already")]
    OfficerExists {
        station: StationId,
        person: PersonId,
    },
    #[error("officer {person} does not hold the role {role}")]
    RoleNotHeld { person: PersonId, role: String },
    #[error(transparent)]
    Name(#[from] BadName),

    #[error("the join code is not known")]
    InviteUnknown,
    #[error("the join code was used before")]
    InviteUsed,
    #[error("the join code has expired or was withdrawn")]
    InviteExpired,
    #[error("the join code was used or has expired already")]
    InviteSpent,
    #[error("the join code is for another server, or for this one under an earlier key")]
    InviteElsewhere,
    #[error("the phone sends the join code itself, as earlier releases did")]
    PhoneOutdated,

    #[error("the store differs from the station log: {what}")]
    Differs { what: String },
    #[error("station {station} does not verify: {what}")]
    Broken { station: StationId, what: String },
    #[error("line {line} of the import: {what}")]
    ImportLine { line: usize, what: String },
    #[error("there is no book {book}; there are {}", .known.join(", "))]
    BookUnknown { book: String, known: Vec<String> },
    #[error("two days that make no period")]
    PeriodWrong,
    #[error("the catalogue has no book of facts to measure by")]
    NothingMeasured,
    #[error("the catalogue has {} mistakes, the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    CatalogueMistakes(Vec<Mistake>),

    #[error("{what} cannot be read")]
    RequestMalformed { what: &'static str },
    #[error("the request's signature is not that of the device it names")]
    SignatureWrong,
    #[error("the device that asks was never enrolled in this station")]
    DeviceUnknown,
    #[error("the device that asks was removed from the station")]
    DeviceRemoved,
    #[error("the key is enrolled already, for somebody else or for a removed device")]
    DeviceTaken,
    #[error("the request's nonce is older than 30 days, or not this server's")]
    NonceStale { fresh: Nonce },
    #[error("the log never stood so with {index} entries")]
    BadSeen { index: u64 },
    #[error("{count} envelopes of {size} bytes are more than one request may bring")]
    DeliveryTooLarge { count: usize, size: usize },
    #[error("{} envelopes were turned away, the first: {}", .0.len(), .0.first().map(|first| first.detail.as_str()).unwrap_or_default())]
    TurnedAway(Vec<Refused>),
    #[error("there is no record {0} in this station")]
    RecordUnknown(RecordId),

    #[error("no record of station {station} goes by {given}")]
    RecordNotFound { station: StationId, given: String },
    #[error("several records of station {station} go by {given}")]
    RecordAmbiguous { station: StationId, given: String },
    #[error("this is not written: {what}")]
    NotWritten { what: String },
    /// The record is not ready for it.
    #[error(transparent)]
    Refused(#[from] Refusal),

    #[error("there is no such card{} in this store", .code.as_ref().map(|code| format!(" {code}")).unwrap_or_default())]
    CardUnknown { code: Option<Code> },
    #[error("the card{}: {what}", .card.as_ref().map(|code| format!(" {code}")).unwrap_or_default())]
    CardRefused { card: Option<Code>, what: String },
    #[error("the photo {}: {what}", .path.display())]
    PhotoRefused { path: PathBuf, what: String },
    #[error("nobody has said where residents reach the cards of station {0}")]
    CardAddressMissing(StationId),

    #[error("port {} of {} is in use", .address.port(), .address.ip())]
    PortInUse { address: SocketAddr },
    #[error("listening on {address} failed")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(
        "the console may not listen on {address}: it has no log-in yet, so anybody could read the books"
    )]
    ConsoleNotLoopback { address: SocketAddr },
    #[error("the console answers to this machine's own names alone")]
    ConsoleForeignHost,

    #[error("the demo failed at {doing}")]
    Demo {
        doing: String,
        cause: DemoCause,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the demo came to {what}")]
    DemoDiffers { what: String },

    #[error("there is nothing at this address")]
    NoSuchRoute,
    #[error("this address does not answer to this method")]
    MethodNotAllowed,
    #[error("the request's body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the request's body did not arrive in {seconds} seconds")]
    BodyTooSlow { seconds: u64 },
    #[error("the request's body was cut off")]
    BodyCut,
    #[error("a page could not be drawn")]
    Page,
    #[error("a handler panicked")]
    Panicked,
    #[error("{operation} failed")]
    Runtime {
        operation: &'static str,
        source: std::io::Error,
    },
}

/// Why the demo breaks off; each has something else to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoCause {
    DiskFull,
    /// Its folder cannot be read or written.
    Files,
    /// Its phones do not reach its server.
    Network,
    /// The scenario and the program do not fit each other.
    Scenario,
}

impl Error {
    pub fn database(operation: &'static str, source: sqlx::Error) -> Error {
        Error::Database { operation, source }
    }

    pub fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
        source: std::io::Error,
    ) -> Error {
        Error::File {
            operation,
            path: path.into(),
            source,
        }
    }

    /// Another transaction got in the way: the same work may succeed when it is begun again.
    pub fn may_be_tried_again(&self) -> bool {
        self.database_code().is_some_and(|code| {
            matches!(
                code.as_str(),
                // PostgreSQL: serialization failure, deadlock. SQLite: busy, its kinds, locked.
                "40001" | "40P01" | "5" | "261" | "517" | "773" | "6"
            )
        })
    }

    /// The disk that holds the store is full.
    pub fn is_disk_full(&self) -> bool {
        // PostgreSQL: disk full. SQLite: full, and the write that failed for want of room.
        self.database_code()
            .is_some_and(|code| matches!(code.as_str(), "53100" | "13" | "778"))
    }

    /// The database cannot be reached, or turns connections away.
    pub fn is_database_away(&self) -> bool {
        match self {
            Error::Database { source, .. } => match source {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                sqlx::Error::Database(_) => self.database_code().is_some_and(|code| {
                    // PostgreSQL's classes: connection, resources, operator intervention.
                    ["08", "53", "57P"]
                        .iter()
                        .any(|class| code.len() == 5 && code.starts_with(class))
                }),
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn is_missing_table(&self) -> bool {
        match self {
            Error::Database {
                source: sqlx::Error::Database(database),
                ..
            } => {
                database.code().as_deref() == Some("42P01")
                    || database.message().starts_with("no such table")
            }
            _ => false,
        }
    }

    fn database_code(&self) -> Option<String> {
        match self {
            Error::Database {
                source: sqlx::Error::Database(database),
                ..
            } => database.code().map(|code| code.into_owned()),
            _ => None,
        }
    }

    /// The error and everything it stems from, in one line.
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let text = error.to_string();
            if !line.contains(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            source = error.source();
        }
        line.replace('\n', " ")
    }
}
