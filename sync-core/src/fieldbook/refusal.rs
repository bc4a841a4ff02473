//! Why an input is refused. Nothing was written; what was saved before stands.

use crate::catalogue::Label;
use crate::envelope::BadBytes;
use crate::gate::Held;
use crate::gate::policy::MAX_EXTERNAL_ID;
use crate::ids::{ActId, DeviceId, Hash, RecordId, StationId};
use crate::record::value::BadValue;
use crate::record::write::Refused;
use crate::sync::BadCode;

/// Why a store cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the store is of format {found}, this program knows {known}: install the newer program; nothing was changed"
    )]
    Newer { found: u32, known: u32 },
    #[error("the store's entry {key} cannot be read")]
    Damaged { key: String, source: BadBytes },
    #[error("the store holds a catalogue that cannot be read: {0}")]
    Catalogue(String),
    #[error("{0} was not read before opening")]
    NotRead(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this phone is not enrolled: join a station first")]
    NotEnrolled,
    #[error("this phone is enrolled already, as device {0}")]
    Enrolled(DeviceId),
    #[error("the code is for {given}, and this phone is one of {own}: ask for a code for {own}")]
    OtherPerson { own: String, given: String },
    #[error(
        "another installation writes under the name of this phone: join anew with a code from the chief"
    )]
    Doubled,
    #[error("there is no alarm to clear")]
    NoAlarm,
    #[error("nobody asked to join: begin with the code from the chief")]
    NotJoining,
    #[error("the key is not one: {0} bytes, a compressed P-256 point has 33")]
    BadKey(usize),
    #[error("the station's answer enrols another key than the one this phone asked for")]
    OtherKey,
    #[error(transparent)]
    BadCode(#[from] BadCode),
    #[error("the code is for station {of}, and {given} was asked for")]
    CodeOfStation { given: StationId, of: StationId },
    #[error(
        "this is not the server that made the code, and nothing of its answer was kept: the address is wrong, the server's key has changed since, or somebody stands between: check the address with the chief and ask for a new code"
    )]
    OtherServer,

    #[error("an act that does nothing")]
    NothingToDo,
    #[error("the catalogue in force ({0}) is not on this phone yet: sync first")]
    NoCatalogue(Hash),
    #[error("no kind {kind}; known: {}", known.join(", "))]
    UnknownKind { kind: String, known: Vec<String> },
    #[error("{kind} has no field {field}; known: {}", known.join(", "))]
    UnknownField {
        kind: String,
        field: String,
        known: Vec<String>,
    },
    #[error("{field} of {kind} does not take this: {wanted}")]
    WrongForm {
        kind: String,
        field: String,
        wanted: &'static str,
    },
    #[error("the id in another system takes 1 to {MAX_EXTERNAL_ID} bytes, this one has {length}")]
    ExternalId { length: usize },
    #[error("still to be filled in: {}", fields.join(", "))]
    Missing { fields: Vec<String> },
    #[error("{kind} has no step {step}; known: {}", known.join(", "))]
    UnknownStep {
        kind: String,
        step: String,
        known: Vec<String>,
    },
    #[error("{step} does not follow {from}; from there: {}", next.join(", "))]
    StepNotFromHere {
        step: String,
        from: String,
        next: Vec<String>,
    },
    #[error("{step} needs first: {}", fields.join(", "))]
    StepLacks { step: String, fields: Vec<String> },
    #[error("{step} needs first that {condition}")]
    StepCondition { step: String, condition: String },
    /// The catalogue's own sentence: what is wrong, and what to do.
    #[error("{step}: {}", otherwise.en)]
    StepGuard { step: String, otherwise: Label },
    #[error("no record {0} on this phone")]
    NoRecord(RecordId),
    #[error("no held act {0} in the tray")]
    NotInTray(ActId),
    #[error("act {0} rests on another held act: write it anew, naming this one")]
    CannotRepeat(ActId),
    #[error(transparent)]
    Value(#[from] BadValue),
    #[error(transparent)]
    Write(#[from] Refused),
    #[error("too long for one act: {size} bytes packed, {limit} fit; make two of it")]
    ActTooLong { size: usize, limit: usize },
    /// The gate here does not let the act in: a right that the person lacks.
    #[error("this may not be written ({0})")]
    Gate(Held),
    #[error(
        "{step} is for a handler, and who becomes one counts from the next act on: save this without the step and take it then"
    )]
    HandlerFromNextAct { step: String },
    #[error("line {line}: {what}")]
    Line { line: u64, what: String },

    #[error("no signature is asked for under ticket {0}")]
    NoTicket(u64),
    #[error("the signature is not one by this phone's key")]
    Signature,
    #[error("there is no nonce yet: join first")]
    NoNonce,
    #[error("syncing has stopped: {0}")]
    Alarm(String),
    #[error("the {what} cannot be read")]
    Unreadable { what: &'static str, why: String },
    #[error("the answer is not signed by the station's server")]
    NotTheServer,
    #[error("the answer begins at entry {begins} of the log, this phone knows {known}: ask again")]
    Gap { begins: u64, known: u64 },
    /// An alarm: the server shows another log than before.
    #[error(
        "the server shows two histories: with {index} entries its root is {shown}, by what it showed before it is {known}"
    )]
    TwoHistories {
        index: u64,
        shown: Hash,
        known: Hash,
    },
    /// An alarm: the log admits what cannot stand here.
    #[error("the log admits act {act}, which does not stand on the records here ({held})")]
    Diverged { act: ActId, held: Held },
    /// An alarm: another installation writes under this device's name.
    #[error(
        "the log holds another envelope {seq} of this device: another phone writes under its name"
    )]
    TwoOfUs { seq: u64 },
    /// An alarm: what the answer to joining said of the charter, the signed log does not.
    #[error(
        "the charter of epoch {n} that this phone was given when it joined is not the one in the station's signed log"
    )]
    OtherCharter { n: u64 },
    /// An alarm, on the word of the server: it holds two envelopes under one number.
    #[error(
        "the server holds another envelope {seq} of this device and takes no more of it: another phone writes under its name"
    )]
    Frozen { seq: u64 },
    #[error("the other phone belongs to another station")]
    OtherStation,
    #[error("what the store holds under {key} cannot be read: {why}")]
    Store { key: String, why: String },
    #[error("the acts cannot be closed: {0}")]
    Close(String),
}

impl Refusal {
    /// Whether it is about what must never be, so that syncing stops.
    pub fn is_alarm(&self) -> bool {
        matches!(
            self,
            Refusal::TwoHistories { .. }
                | Refusal::Diverged { .. }
                | Refusal::TwoOfUs { .. }
                | Refusal::Frozen { .. }
                | Refusal::OtherCharter { .. }
        )
    }
}
