//! Why a command failed, as one line, and with which exit status.

use std::path::PathBuf;

use ffi::form::FormError;
use ffi::http::HttpError;
use ffi::{NumberError, PhoneError, StoreError};
use sync_core::fieldbook::{OpenError, Refusal};
use sync_core::gate::policy::MAX_EXTERNAL_ID;
use sync_core::record::change::{MAX_SCALAR, Scalar};
use sync_core::record::value::BadValue;
use sync_core::record::write::{MAX_SPLICE, Refused};
use sync_core::sync::BadCode;

use crate::say::Say;

#[derive(Debug)]
pub enum Failure {
    Phone(PhoneError),
    /// The words of the command do not say what is wanted.
    Usage(String),
    Word(String),
    TrackPoint(String),
    StoreMissing(PathBuf),
    NoServer,
    NoPackage(PathBuf),
}

impl<E: Into<PhoneError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Phone(error.into())
    }
}

/// The name of a problem in the message files, and what fills it in.
type Problem = (&'static str, Vec<(&'static str, String)>);

impl Failure {
    pub fn usage(what: &str) -> Failure {
        Failure::Usage(what.to_owned())
    }

    /// 2 for wrong use, 1 for anything else.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Usage(_)
            | Failure::Word(_)
            | Failure::TrackPoint(_)
            | Failure::NoServer
            | Failure::Phone(
                PhoneError::Form(_) | PhoneError::SeveralRecords { .. } | PhoneError::Number(_),
            ) => 2,
            Failure::Phone(_) | Failure::StoreMissing(_) | Failure::NoPackage(_) => 1,
        }
    }

    pub fn line(&self, say: &Say) -> String {
        let (name, fill) = match self {
            Failure::Usage(what) => ("usage", vec![("detail", what.clone())]),
            Failure::Word(word) => ("word_without_value", vec![("word", word.clone())]),
            Failure::TrackPoint(given) => ("track_wanted", vec![("given", given.clone())]),
            Failure::StoreMissing(path) => ("store_missing", path_of(path)),
            Failure::NoServer => ("no_server", vec![]),
            Failure::NoPackage(path) => ("no_package", path_of(path)),
            Failure::Phone(error) => of_phone(error, say),
        };
        say.text("problem", name, &fill)
    }
}

fn path_of(path: &std::path::Path) -> Vec<(&'static str, String)> {
    vec![("path", path.display().to_string())]
}

fn detail(error: &dyn std::error::Error) -> Vec<(&'static str, String)> {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    vec![("detail", text)]
}

fn of_phone(error: &PhoneError, say: &Say) -> Problem {
    match error {
        PhoneError::Store(error) => of_store(error),
        PhoneError::Open(error) => of_open(error),
        PhoneError::Refused(refusal) => of_refusal(refusal, say),
        PhoneError::Form(error) => of_form(error, say),
        PhoneError::Http(error) => of_http(error),
        PhoneError::Random(_) => ("random_failed", vec![]),
        PhoneError::Copied => ("copied", vec![]),
        PhoneError::NoRecord(given) => ("no_record", vec![("given", given.clone())]),
        PhoneError::SeveralRecords { given, records } => (
            "several_records",
            vec![("given", given.clone()), ("records", records.join(", "))],
        ),
        PhoneError::NoReply => ("no_reply", vec![]),
        PhoneError::NoKey => ("internal", detail(error)),
        PhoneError::Alarm(what) => ("alarm", vec![("detail", what.clone())]),
        PhoneError::File { .. } => ("file_failed", detail(error)),
        PhoneError::Number(error) => of_number(error),
        PhoneError::FileTooLarge { path, limit } => {
            let mut fill = path_of(path);
            fill.push(("limit", (limit / 1024 / 1024).to_string()));
            ("file_too_large", fill)
        }
        PhoneError::NotText { path, line } => {
            let mut fill = path_of(path);
            fill.push(("line", line.to_string()));
            ("not_text", fill)
        }
        PhoneError::NoPackage => ("no_package", vec![("path", String::new())]),
    }
}

fn of_number(error: &NumberError) -> Problem {
    match error {
        NumberError::NoBlocks => ("numbers_none", vec![]),
        NumberError::NotFree { given, next } => (
            "number_not_free",
            vec![("given", given.clone()), ("next", next.clone())],
        ),
        NumberError::NoBlock { given } => ("block_unknown", vec![("given", given.clone())]),
        NumberError::NoReason => ("reason_wanted", vec![]),
    }
}

fn of_store(error: &StoreError) -> Problem {
    match error {
        StoreError::Newer { path, .. } => ("store_newer", path_of(path)),
        StoreError::NotAStore { path } => ("not_a_store", path_of(path)),
        StoreError::InUse { path } => ("store_in_use", path_of(path)),
        StoreError::Full { path } => ("disk_full", path_of(path)),
        StoreError::ReadOnly { path } => ("store_read_only", path_of(path)),
        StoreError::WrongKey { path } => ("wrong_key", path_of(path)),
        StoreError::BadKeys { path } => ("bad_keys", path_of(path)),
        StoreError::Damaged { path, key } => {
            let mut fill = path_of(path);
            fill.push(("key", key.clone()));
            ("store_damaged", fill)
        }
        StoreError::Files { .. } => ("file_failed", detail(error)),
        StoreError::Sql { .. } => ("store_failed", detail(error)),
        StoreError::Random(_) => ("random_failed", vec![]),
    }
}

fn of_open(error: &OpenError) -> Problem {
    match error {
        OpenError::Newer { .. } => ("store_newer", vec![("path", "fieldbook.db".to_owned())]),
        OpenError::Damaged { key, .. } => (
            "store_damaged",
            vec![("path", "fieldbook.db".to_owned()), ("key", key.clone())],
        ),
        OpenError::Catalogue(why) => ("catalogue_unreadable", vec![("detail", why.clone())]),
        OpenError::NotRead(_) => ("internal", detail(error)),
    }
}

fn of_http(error: &HttpError) -> Problem {
    match error {
        HttpError::Address(given) => ("bad_address", vec![("given", given.clone())]),
        HttpError::NoAnswer { server, source } => (
            "no_answer",
            vec![("server", server.clone()), ("detail", source.to_string())],
        ),
        HttpError::Problem(problem) => ("server_problem", vec![("detail", problem.to_string())]),
    }
}

fn meant(nearest: &Option<String>, known: &[String], say: &Say) -> String {
    match nearest {
        Some(word) => say.text("problem", "meant", &[("nearest", word.clone())]),
        None => say.text("problem", "known", &[("known", known.join(", "))]),
    }
}

fn of_form(error: &FormError, say: &Say) -> Problem {
    match error {
        FormError::Kind {
            given,
            nearest,
            known,
        } => (
            "kind_unknown",
            vec![
                ("given", given.clone()),
                ("meant", meant(nearest, known, say)),
            ],
        ),
        FormError::Field {
            of,
            given,
            nearest,
            known,
        } => (
            "field_unknown",
            vec![
                ("of", of.clone()),
                ("given", given.clone()),
                ("meant", meant(nearest, known, say)),
            ],
        ),
        FormError::Code {
            field,
            given,
            nearest,
            known,
        } => (
            "code_unknown",
            vec![
                ("field", field.clone()),
                ("given", given.clone()),
                ("meant", meant(nearest, known, say)),
            ],
        ),
        FormError::Withdrawn {
            field,
            given,
            known,
        } => (
            "code_withdrawn",
            vec![
                ("field", field.clone()),
                ("given", given.clone()),
                ("known", known.join(", ")),
            ],
        ),
        FormError::Step {
            kind,
            given,
            nearest,
            known,
        } => (
            "step_unknown",
            vec![
                ("kind", kind.clone()),
                ("given", given.clone()),
                ("meant", meant(nearest, known, say)),
            ],
        ),
        FormError::Rows { field, known } => (
            "rows_wanted",
            vec![("field", field.clone()), ("known", known.join(", "))],
        ),
        FormError::NoCells { field } => ("no_cells", vec![("field", field.clone())]),
        FormError::NoRow {
            field,
            number,
            rows,
        } => (
            "no_row",
            vec![
                ("field", field.clone()),
                ("number", number.clone()),
                ("rows", rows.to_string()),
            ],
        ),
        FormError::Together { field } => ("written_together", vec![("field", field.clone())]),
        FormError::Value(bad) => of_value(bad),
    }
}

fn of_value(bad: &BadValue) -> Problem {
    if let Some(length) = bad.too_long {
        return text_too_long(&bad.field, length);
    }
    (
        "value_wrong",
        vec![
            ("field", bad.field.clone()),
            ("wanted", bad.wanted.to_owned()),
            ("given", bad.given.clone()),
        ],
    )
}

fn text_too_long(field: &str, length: usize) -> Problem {
    (
        "text_too_long",
        vec![
            ("field", field.to_owned()),
            ("size", length.to_string()),
            ("limit", MAX_SCALAR.to_string()),
            ("letters", (MAX_SCALAR / 3).to_string()),
        ],
    )
}

fn of_refusal(refusal: &Refusal, say: &Say) -> Problem {
    match refusal {
        Refusal::NotEnrolled => ("not_enrolled", vec![]),
        Refusal::Enrolled(device) => ("enrolled_already", vec![("device", device.short())]),
        Refusal::OtherPerson { own, given } => (
            "code_of_another",
            vec![("own", own.clone()), ("given", given.clone())],
        ),
        Refusal::Doubled | Refusal::TwoOfUs { .. } | Refusal::Frozen { .. } => ("doubled", vec![]),
        Refusal::NoAlarm => ("no_alarm", vec![]),
        Refusal::NotJoining => ("not_joining", vec![]),
        Refusal::BadCode(bad) => of_code(*bad),
        Refusal::CodeOfStation { given, of } => (
            "code_of_station",
            vec![("given", given.to_string()), ("of", of.to_string())],
        ),
        Refusal::OtherServer => ("other_server", vec![]),
        Refusal::BadKey(_) | Refusal::OtherKey => ("key_refused", detail(refusal)),
        Refusal::NothingToDo => ("nothing_to_do", vec![]),
        Refusal::NoCatalogue(_) => ("no_catalogue", vec![]),
        Refusal::UnknownKind { kind, known } => (
            "kind_unknown",
            vec![("given", kind.clone()), ("meant", meant(&None, known, say))],
        ),
        Refusal::UnknownField { kind, field, known } => (
            "field_unknown",
            vec![
                ("of", kind.clone()),
                ("given", field.clone()),
                ("meant", meant(&None, known, say)),
            ],
        ),
        Refusal::WrongForm { field, wanted, .. } => (
            "value_wrong",
            vec![
                ("field", field.clone()),
                ("wanted", (*wanted).to_owned()),
                ("given", String::from("…")),
            ],
        ),
        Refusal::ExternalId { length } => (
            "external_id_wrong",
            vec![
                ("size", length.to_string()),
                ("limit", MAX_EXTERNAL_ID.to_string()),
            ],
        ),
        Refusal::Missing { fields } => ("missing_fields", vec![("fields", fields.join(", "))]),
        Refusal::UnknownStep { kind, step, known } => (
            "step_unknown",
            vec![
                ("kind", kind.clone()),
                ("given", step.clone()),
                ("meant", meant(&None, known, say)),
            ],
        ),
        Refusal::StepNotFromHere { step, from, next } => (
            "step_not_from_here",
            vec![
                ("step", step.clone()),
                ("from", from.clone()),
                ("next", next.join(", ")),
            ],
        ),
        Refusal::StepLacks { step, fields } => (
            "step_lacks",
            vec![("step", step.clone()), ("fields", fields.join(", "))],
        ),
        Refusal::StepCondition { step, condition } => (
            "step_condition",
            vec![("step", step.clone()), ("condition", condition.clone())],
        ),
        Refusal::StepGuard { step, otherwise } => (
            "step_guard",
            vec![
                ("step", step.clone()),
                ("otherwise", otherwise.get(say.language).to_owned()),
            ],
        ),
        Refusal::NoRecord(record) => ("no_record", vec![("given", record.to_string())]),
        Refusal::NotInTray(act) => ("not_in_tray", vec![("given", act.to_string())]),
        Refusal::CannotRepeat(act) => ("cannot_repeat", vec![("n", act.n.to_string())]),
        Refusal::Value(bad) => of_value(bad),
        Refusal::Write(refused) => of_write(refused),
        Refusal::ActTooLong { size, limit } => (
            "act_too_long",
            vec![("size", size.to_string()), ("limit", limit.to_string())],
        ),
        Refusal::Gate(held) => {
            let why = held.code.explain(say.language);
            (
                "forbidden",
                vec![("detail", format!("{why} ({})", held.detail))],
            )
        }
        Refusal::HandlerFromNextAct { step } => {
            ("handler_from_next_act", vec![("step", step.clone())])
        }
        Refusal::Line { line, what } => (
            "line_wrong",
            vec![("line", line.to_string()), ("what", what.clone())],
        ),
        Refusal::Alarm(what) => ("alarm", vec![("detail", what.clone())]),
        Refusal::TwoHistories { .. } | Refusal::Diverged { .. } | Refusal::OtherCharter { .. } => {
            ("alarm", detail(refusal))
        }
        Refusal::Unreadable { what, why } => {
            ("unreadable", vec![("detail", format!("{what}: {why}"))])
        }
        Refusal::OtherStation => ("other_station", vec![]),
        Refusal::NoTicket(_)
        | Refusal::Signature
        | Refusal::NoNonce
        | Refusal::NotTheServer
        | Refusal::Gap { .. }
        | Refusal::Store { .. }
        | Refusal::Close(_) => ("internal", detail(refusal)),
    }
}

fn of_code(bad: BadCode) -> Problem {
    match bad {
        BadCode::Short { found } => ("code_short", vec![("found", found.to_string())]),
        BadCode::Letter(given) => ("code_letter", vec![("given", given.to_string())]),
        BadCode::Mistyped => ("code_mistyped", vec![]),
    }
}

fn of_write(refused: &Refused) -> Problem {
    match refused {
        Refused::Conflicted { path, values } => {
            let values: Vec<String> = values.iter().map(shown).collect();
            (
                "conflicted",
                vec![("path", path.clone()), ("values", values.join(" / "))],
            )
        }
        Refused::NothingThere(path) => ("nothing_there", vec![("path", path.clone())]),
        Refused::Position { field, at, length } => (
            "position",
            vec![
                ("field", field.clone()),
                ("at", at.to_string()),
                ("length", length.to_string()),
            ],
        ),
        Refused::Nothing => ("nothing_to_do", vec![]),
        Refused::NoConflict(path) => ("no_conflict", vec![("path", path.clone())]),
        Refused::TooLong(length) => (
            "too_long",
            vec![
                ("size", length.to_string()),
                ("limit", MAX_SCALAR.to_string()),
                ("letters", (MAX_SCALAR / 3).to_string()),
            ],
        ),
        Refused::TooMuchAtOnce { field, letters } => (
            "too_much_at_once",
            vec![
                ("field", field.clone()),
                ("size", letters.to_string()),
                ("limit", MAX_SPLICE.to_string()),
            ],
        ),
        Refused::Record(_) => ("internal", detail(refused)),
    }
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Null => String::from("-"),
        Scalar::Bool(yes) => yes.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Str(text) => text.clone(),
        Scalar::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}
