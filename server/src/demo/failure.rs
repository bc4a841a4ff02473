//! What broke off, said with its cause: for the terminal to tell what to do about it.

use ffi::http::HttpError;
use ffi::{PhoneError, StoreError};

use crate::error::{DemoCause, Error};

/// What a phone could not do is the demo's failure, with the scenario's own words for where.
pub fn failed(doing: impl Into<String>) -> impl FnOnce(PhoneError) -> Error {
    let doing = doing.into();
    move |source| Error::Demo {
        doing,
        cause: cause(&source),
        source: Box::new(source),
    }
}

/// The scenario and the program do not fit each other.
pub fn misfit(
    doing: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Demo {
        doing: doing.into(),
        cause: DemoCause::Scenario,
        source: source.into(),
    }
}

fn cause(error: &PhoneError) -> DemoCause {
    match error {
        PhoneError::Store(StoreError::Full { .. }) => DemoCause::DiskFull,
        PhoneError::Store(
            StoreError::Files { .. } | StoreError::ReadOnly { .. } | StoreError::Sql { .. },
        )
        | PhoneError::File { .. } => DemoCause::Files,
        PhoneError::Http(HttpError::NoAnswer { .. }) => DemoCause::Network,
        PhoneError::Http(HttpError::Problem(problem)) => match problem.code.as_str() {
            "disk_full" => DemoCause::DiskFull,
            _ => DemoCause::Scenario,
        },
        PhoneError::Http(HttpError::Address(_))
        | PhoneError::Store(_)
        | PhoneError::Open(_)
        | PhoneError::Refused(_)
        | PhoneError::Form(_)
        | PhoneError::Number(_)
        | PhoneError::FileTooLarge { .. }
        | PhoneError::NotText { .. }
        | PhoneError::Random(_)
        | PhoneError::Copied
        | PhoneError::NoKey
        | PhoneError::NoRecord(_)
        | PhoneError::SeveralRecords { .. }
        | PhoneError::NoReply
        | PhoneError::Alarm(_)
        | PhoneError::NoPackage => DemoCause::Scenario,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_full_disk_a_folder_that_cannot_be_written_and_a_mistake_are_told_apart() {
        let path = PathBuf::from("fieldbook.db");
        let said = |error: PhoneError| failed("saving 案")(error).problem().0;
        let full = StoreError::Full { path: path.clone() };
        assert_eq!(said(full.into()), "demo_disk_full");
        assert_eq!(said(StoreError::ReadOnly { path }.into()), "demo_files");
        assert_eq!(said(PhoneError::NoRecord("案".into())), "demo_failed");
        assert_eq!(
            misfit("reading 案", "no such word").problem().0,
            "demo_failed"
        );
    }
}
