//! What is an object in a record, and which of its keys are names?

/// What an object is in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Root,
    /// `fields`, `steps`, `marks` or `secrets`.
    Container(String),
    /// A table row: its key in `fields`, `table/row`.
    Row(String),
    /// An entry of `steps`, `marks` or `secrets`.
    Entry(String, String),
    /// A co-written text: its key in `fields`.
    Text(String),
    /// Anything else: no record of ours has it.
    Elsewhere,
}

/// Whether a key is a derived name: a row, a member, a step, a mark. (`removed` entries hang on
/// the name they remove.)
pub fn is_name(place: &Place, key: &str) -> bool {
    match place {
        Place::Container(container) if container == "fields" => key
            .split_once('/')
            .is_some_and(|(_, name)| !name.contains('/')),
        Place::Container(_) => true,
        Place::Root | Place::Row(_) | Place::Entry(_, _) | Place::Text(_) | Place::Elsewhere => {
            false
        }
    }
}

pub(super) fn place_of(parent: &Place, key: &str, is_text: bool) -> Place {
    match (parent, is_text) {
        (Place::Root, false) if ["fields", "steps", "marks", "secrets"].contains(&key) => {
            Place::Container(key.to_owned())
        }
        (Place::Container(container), true) if container == "fields" => Place::Text(key.to_owned()),
        (Place::Container(container), false) if container == "fields" => Place::Row(key.to_owned()),
        (Place::Container(container), false) => Place::Entry(container.clone(), key.to_owned()),
        (
            Place::Root
            | Place::Container(_)
            | Place::Row(_)
            | Place::Entry(_, _)
            | Place::Text(_)
            | Place::Elsewhere,
            _,
        ) => Place::Elsewhere,
    }
}
