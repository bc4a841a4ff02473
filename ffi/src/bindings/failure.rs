//! Why does the phone not do what an app asked?

use sync_core::fieldbook::Refusal;

use crate::PhoneError;

/// What was asked did not happen; what was saved before stands.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Failure {
    #[error("this phone has joined no station")]
    NotJoined,
    /// The store is a copy, or its name is used elsewhere or was ended: [`Fieldbook::join`] with a
    /// new code keeps what is on it.
    ///
    /// [`Fieldbook::join`]: super::Fieldbook::join
    #[error("{detail}")]
    MustJoinAnew { detail: String },
    /// A word, value or record that is not one; the sentence says what would do.
    #[error("{detail}")]
    Input { detail: String },
    /// The state machine refuses.
    #[error("{detail}")]
    Refused { detail: String },
    /// The store cannot be read or written.
    #[error("{detail}")]
    Store { detail: String },
    /// The server's answer says what is wrong.
    #[error("{detail}")]
    Server { detail: String },
    /// The signer did not sign.
    #[error("{detail}")]
    Signing { detail: String },
    /// The store is closed: [`Fieldbook::resume`] opens it.
    #[error("the phone is paused")]
    Paused,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for Failure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Failure {
        let detail = error.to_string();
        Failure::Signing { detail }
    }
}

impl<E: Into<PhoneError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        let error = error.into();
        let detail = error.to_string();
        match error {
            PhoneError::Refused(Refusal::NotEnrolled) => Failure::NotJoined,
            PhoneError::Copied | PhoneError::Refused(Refusal::Doubled) => {
                Failure::MustJoinAnew { detail }
            }
            PhoneError::Form(_)
            | PhoneError::NoRecord(_)
            | PhoneError::SeveralRecords { .. }
            | PhoneError::Number(_)
            | PhoneError::FileTooLarge { .. }
            | PhoneError::NotText { .. } => Failure::Input { detail },
            PhoneError::Refused(Refusal::BadCode(_) | Refusal::CodeOfStation { .. }) => {
                Failure::Input { detail }
            }
            PhoneError::Store(_) | PhoneError::Open(_) | PhoneError::File { .. } => {
                Failure::Store { detail }
            }
            _ => Failure::Refused { detail },
        }
    }
}
