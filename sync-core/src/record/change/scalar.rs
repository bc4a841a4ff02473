//! The values that a change may write.

use std::fmt;

use automerge::ScalarValue;

use super::{BadChange, MAX_SCALAR};

/// The value of a field, a cell or a member.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A field that somebody emptied.
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    Bytes(Vec<u8>),
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => f.write_str("null"),
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Int(value) => write!(f, "{value}"),
            Scalar::Str(value) => write!(f, "{value:?}"),
            Scalar::Bytes(value) => write!(f, "<{} bytes>", value.len()),
        }
    }
}

impl Scalar {
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Scalar::Str(text) => Some(text),
            Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Scalar::Int(value) => Some(*value),
            Scalar::Null | Scalar::Bool(_) | Scalar::Str(_) | Scalar::Bytes(_) => None,
        }
    }
}

impl From<&Scalar> for ScalarValue {
    fn from(scalar: &Scalar) -> ScalarValue {
        match scalar {
            Scalar::Null => ScalarValue::Null,
            Scalar::Bool(value) => ScalarValue::Boolean(*value),
            Scalar::Int(value) => ScalarValue::Int(*value),
            Scalar::Str(value) => ScalarValue::Str(value.as_str().into()),
            Scalar::Bytes(value) => ScalarValue::Bytes(value.clone()),
        }
    }
}

impl TryFrom<&ScalarValue> for Scalar {
    type Error = BadChange;
    fn try_from(value: &ScalarValue) -> Result<Scalar, BadChange> {
        match value {
            ScalarValue::Null => Ok(Scalar::Null),
            ScalarValue::Boolean(value) => Ok(Scalar::Bool(*value)),
            ScalarValue::Int(value) => Ok(Scalar::Int(*value)),
            ScalarValue::Str(value) if value.len() <= MAX_SCALAR => {
                Ok(Scalar::Str(value.to_string()))
            }
            ScalarValue::Bytes(value) if value.len() <= MAX_SCALAR => {
                Ok(Scalar::Bytes(value.clone()))
            }
            ScalarValue::Str(_) | ScalarValue::Bytes(_) => Err(BadChange::ValueTooLong),
            ScalarValue::Uint(_)
            | ScalarValue::F64(_)
            | ScalarValue::Counter(_)
            | ScalarValue::Timestamp(_)
            | ScalarValue::Unknown { .. } => Err(BadChange::NotOurs("a type of value")),
        }
    }
}
