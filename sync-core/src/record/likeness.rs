//! Do two changes say the same, whatever they are named by?

use super::change::{Action, At, Decoded, Scalar};
use crate::ids::{Hash, RecordId};

/// The hash of what a change says, without the names it gives and the order in which it gives
/// them. A link counts as one wherever it leads: the record may have got another name itself.
pub fn likeness(change: &Decoded) -> Hash {
    let (mut said, mut letters) = (Vec::new(), Vec::new());
    for op in &change.ops {
        let value = match &op.action {
            Action::Put(value) => bytes(value),
            Action::MakeMap | Action::MakeText | Action::Delete => vec![0],
        };
        match &op.at {
            At::Key(key) => {
                let mut place = place(key, &op.action).into_bytes();
                place.push(0);
                place.extend(value);
                said.push(place);
            }
            // A text is the order of its letters.
            At::Head | At::Element(_) => letters.extend(value),
        }
    }
    said.sort();
    said.push(letters);
    let parts: Vec<&[u8]> = said.iter().map(Vec::as_slice).collect();
    Hash::of_parts("wardbook likeness", &parts)
}

/// The names that a change gives to the rows and members it makes, in the order it makes them.
pub fn made_names(change: &Decoded) -> Vec<String> {
    let named = change
        .ops
        .iter()
        .filter_map(|op| match (&op.at, &op.action) {
            (At::Key(key), Action::MakeMap | Action::Put(_)) => Some(key),
            (At::Key(_) | At::Head | At::Element(_), _) => None,
        });
    let of_one = named.filter(|key| key.matches('/').count() == 1);
    of_one.cloned().collect()
}

/// A key without the derived name in it.
fn place(key: &str, action: &Action) -> String {
    let mut steps = key.split('/');
    match (steps.next(), steps.next()) {
        // Steps and marks are named by nothing but their derived keys.
        (_, None) if matches!(action, Action::MakeMap) => String::new(),
        (Some(first), Some(_)) => {
            let rest = steps.map(|step| format!("//{step}"));
            format!("{first}/{}", rest.collect::<String>())
        }
        (_, None) | (None, Some(_)) => key.to_owned(),
    }
}

fn bytes(value: &Scalar) -> Vec<u8> {
    let (tag, bytes): (u8, &[u8]) = match value {
        Scalar::Null => (1, &[]),
        Scalar::Bool(yes) => (2, if *yes { &[1] } else { &[0] }),
        Scalar::Int(number) => (3, &number.to_be_bytes()),
        Scalar::Str(text) if text.parse::<RecordId>().is_ok() => (4, &[]),
        Scalar::Str(text) => (5, text.as_bytes()),
        Scalar::Bytes(bytes) => (6, bytes),
    };
    [&[tag], bytes].concat()
}
