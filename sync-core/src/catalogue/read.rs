//! Reads a TOML table key by key, so that every mistake of a file is found in one go.
//!
//! Serde's `deny_unknown_fields` stops at the first mistake and forgets the place of a value
//! that only a later check can judge. Here a reader remembers which keys it was asked for; what
//! is left over at [`Reader::finish`] is unknown.

use std::cell::RefCell;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::mistake::{File, suggest};
use super::names::{Label, Word};

/// Calls `read` with the file's top table; syntax mistakes are noted, and what could be read
/// goes on.
pub(super) fn read_file<T>(file: &File<'_>, read: impl FnOnce(Reader<'_, '_>) -> T) -> T {
    let (table, errors) = DeTable::parse_recoverable(file.text);
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        file.syntax_mistake(&at, error.message());
    }
    let reader = Reader::new(file, table.get_ref(), 0..0);
    read(reader)
}

pub(super) struct Reader<'a, 'i> {
    pub file: &'a File<'a>,
    pub at: Range<usize>,
    table: &'a DeTable<'i>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 'i> Reader<'a, 'i> {
    fn new(file: &'a File<'a>, table: &'a DeTable<'i>, at: Range<usize>) -> Self {
        Self {
            file,
            at,
            table,
            asked: RefCell::default(),
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.asked.borrow_mut().push(key);
        let table: &'a DeTable<'i> = self.table;
        table.get(key)
    }

    /// Notes the keys nobody asked for.
    pub fn finish(self) {
        for (key, _) in self.table.iter() {
            let asked = self.asked.borrow();
            if !asked.contains(&key.get_ref().as_ref()) {
                let name = key.get_ref();
                self.file.mistake(
                    &key.span(),
                    format!("unknown key `{name}`"),
                    suggest(name, asked.iter().copied()),
                );
            }
        }
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        self.file.mistake(
            &value.span(),
            format!("`{key}` is {}", a(value.get_ref().type_str())),
            format!("write {wanted}"),
        );
    }

    pub fn missing(&self, key: &str, mend: &str) {
        self.file
            .mistake(&self.at, format!("`{key}` is missing"), mend);
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a text stands there.
    pub fn is_text(&self, key: &str) -> bool {
        let value = self.table.get(key);
        value.is_some_and(|value| value.get_ref().as_str().is_some())
    }

    pub fn text(&self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Spanned::new(value.span(), text.to_owned())),
            None => {
                self.wrong(key, value, "a text in quotes");
                None
            }
        }
    }

    pub fn needed(&self, key: &'static str, mend: &str) -> Option<Spanned<String>> {
        if !self.has(key) {
            self.missing(key, mend);
        }
        self.text(key)
    }

    pub fn flag(&self, key: &'static str) -> bool {
        let Some(value) = self.get(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, value, "true or false");
            false
        })
    }

    pub fn count(&self, key: &'static str, most: u32) -> Option<u32> {
        let value = self.get(key)?;
        let number = value.get_ref().as_integer().and_then(|n| {
            u32::from_str_radix(n.as_str(), n.radix())
                .ok()
                .filter(|n| (1..=most).contains(n))
        });
        if number.is_none() {
            let what = match value.get_ref().as_integer() {
                Some(n) => format!("`{key}` is {}", n.as_str()),
                None => format!("`{key}` is {}", a(value.get_ref().type_str())),
            };
            let mend = format!("write a whole number from 1 to {most}");
            self.file.mistake(&value.span(), what, mend);
        }
        number
    }

    fn array(&self, key: &'static str, wanted: &str) -> Option<&'a DeArray<'i>> {
        let value = self.get(key)?;
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.wrong(key, value, wanted);
        }
        array
    }

    /// The texts of a list; a single text is a list of one.
    pub fn texts(&self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        let wanted = "a list of texts in quotes";
        if let Some(value) = self.table.get(key)
            && let Some(text) = value.get_ref().as_str()
        {
            self.asked.borrow_mut().push(key);
            return Some(vec![Spanned::new(value.span(), text.to_owned())]);
        }
        let array = self.array(key, wanted)?;
        let texts = array.iter().filter_map(|item| {
            let text = item.get_ref().as_str();
            if text.is_none() {
                self.wrong(key, item, wanted);
            }
            text.map(|text| Spanned::new(item.span(), text.to_owned()))
        });
        Some(texts.collect())
    }

    pub fn table(&self, key: &'static str) -> Option<Reader<'a, 'i>> {
        let value = self.get(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Reader::new(self.file, table, value.span())),
            None => {
                self.wrong(key, value, "a table `{ ... }`");
                None
            }
        }
    }

    /// The items of a list: a bare text, or a table.
    pub fn items(&self, key: &'static str) -> Vec<Item<'a, 'i>> {
        let wanted = "a list of tables `{ ... }`";
        let Some(array) = self.array(key, wanted) else {
            return Vec::new();
        };
        let items = array.iter().filter_map(|item| match item.get_ref() {
            DeValue::Table(table) => Some(Item::Table(Reader::new(self.file, table, item.span()))),
            DeValue::String(text) => Some(Item::Text(Spanned::new(
                item.span(),
                text.clone().into_owned(),
            ))),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => {
                self.wrong(key, item, wanted);
                None
            }
        });
        items.collect()
    }

    pub fn tables(&self, key: &'static str) -> Vec<Reader<'a, 'i>> {
        let items = self.items(key).into_iter();
        items
            .filter_map(|item| match item {
                Item::Table(reader) => Some(reader),
                Item::Text(text) => {
                    self.file.mistake(
                        &text.span(),
                        format!("`{key}` holds the text {:?}", text.get_ref()),
                        "write a table `{ ... }`",
                    );
                    None
                }
            })
            .collect()
    }

    /// The pairs of a table whose keys are free names.
    pub fn pairs(&self, key: &'static str) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(table) = self.table(key) else {
            return Vec::new();
        };
        let pairs = table.table.iter().filter_map(|(name, value)| {
            let text = value.get_ref().as_str();
            if text.is_none() {
                self.wrong(name.get_ref(), value, "a text in quotes");
            }
            let name = Spanned::new(name.span(), name.get_ref().clone().into_owned());
            Some((name, Spanned::new(value.span(), text?.to_owned())))
        });
        pairs.collect()
    }

    /// `zh` and `en`, both wanted: the station prints in Chinese, its visitors read English.
    pub fn label(&self, of: &str) -> Label {
        let text = |key| {
            let mend = "every label stands in `zh` and in `en`";
            if !self.has(key) {
                self.file
                    .mistake(&self.at, format!("{of} has no `{key}`"), mend);
            }
            let text = self.text(key)?;
            if text.get_ref().trim().is_empty() {
                self.file
                    .mistake(&text.span(), format!("`{key}` of {of} is empty"), mend);
            }
            Some(text.into_inner())
        };
        Label {
            zh: text("zh").unwrap_or_default(),
            en: text("en").unwrap_or_default(),
        }
    }

    /// A word of one of our closed lists.
    pub fn word<W: Word>(&self, key: &'static str) -> Option<W> {
        let text = self.text(key)?;
        word(self.file, &text)
    }
}

pub(super) enum Item<'a, 'i> {
    Text(Spanned<String>),
    Table(Reader<'a, 'i>),
}

pub(super) fn word<W: Word>(file: &File<'_>, text: &Spanned<String>) -> Option<W> {
    let found = W::ALL
        .iter()
        .find(|(name, _)| *name == text.get_ref())
        .map(|(_, value)| value.clone());
    if found.is_none() {
        file.mistake(
            &text.span(),
            format!("unknown {} `{}`", W::WHAT, text.get_ref()),
            suggest(text.get_ref(), W::ALL.iter().map(|(name, _)| *name)),
        );
    }
    found
}

/// The value of a text that must have a form, such as a date.
pub(super) fn parsed<T: FromStr>(
    file: &File<'_>,
    text: &Spanned<String>,
    what: &str,
    mend: &str,
) -> Option<T> {
    let value = text.get_ref().parse().ok();
    if value.is_none() {
        file.mistake(
            &text.span(),
            format!("{:?} is not {what}", text.get_ref()),
            mend,
        );
    }
    value
}

fn a(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {type_name}")
}
