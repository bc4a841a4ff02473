//! Why a command failed, as one line, and with which exit status.

use std::path::PathBuf;

use ffi::form::FormError;
use ffi::http::HttpError;
use ffi::{PhoneError, StoreError};
use sync_core::fieldbook::{OpenError, Refusal};
use sync_core::record::change::Scalar;
use sync_core::record::value::BadValue;
use sync_core::record::write::Refused;

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
    NotInTray(u64),
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
            | Failure::Phone(PhoneError::Form(_) | PhoneError::SeveralRecords { .. }) => 2,
            Failure::Phone(_)
            | Failure::StoreMissing(_)
            | Failure::NotInTray(_)
            | Failure::NoPackage(_) => 1,
        }
    }

    pub fn line(&self, say: &Say) -> String {
        let (name, fill) = match self {
            Failure::Usage(what) => ("usage", vec![("detail", what.clone())]),
            Failure::Word(word) => ("word_without_value", vec![("word", word.clone())]),
            Failure::TrackPoint(given) => ("track_wanted", vec![("given", given.clone())]),
            Failure::StoreMissing(path) => ("store_missing", path_of(path)),
            Failure::NoServer => ("no_server", vec![]),
            Failure::NotInTray(n) => ("not_in_tray", vec![("given", n.to_string())]),
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
        PhoneError::Alarm(what) => ("alarm", vec![("detail", what.clone())]),
        PhoneError::File { .. } => ("file_failed", detail(error)),
        PhoneError::NoPackage => ("no_package", vec![("path", String::new())]),
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
        HttpError::Problem(problem) => {
            ("server_problem", vec![("detail", problem.to_string())])
        }
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
    (
        "value_wrong",
        vec![
            ("field", bad.field.clone()),
            ("wanted", bad.wanted.to_owned()),
            ("given", bad.given.clone()),
        ],
    )
}
