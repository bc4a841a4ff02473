//! Labels, languages and the closed lists of words that catalogue files use.

/// What people read, in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    pub zh: String,
    pub en: String,
}

impl Label {
    pub fn new(zh: &str, en: &str) -> Label {
        Label {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }

    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Zh, Language::En];

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// A closed list of words, each with the value it stands for.
pub(super) trait Word: Clone + 'static {
    const WHAT: &'static str;
    const ALL: &'static [(&'static str, Self)];
}

/// Declares an enum whose values are written as words in catalogue files.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$case_doc:meta])* $case:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$case_doc])* $case,)+ }

        impl $crate::catalogue::names::Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [(&'static str, Self)] = &[$(($word, $name::$case),)+];
        }

        impl $name {
            /// As catalogue files write it.
            pub fn word(self) -> &'static str {
                match self { $($name::$case => $word,)+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let given = String::deserialize(d)?;
                let known = [$($name::$case),+].into_iter().find(|case| case.word() == given);
                known.ok_or_else(|| serde::de::Error::custom(format!("unknown {} `{given}`", $what)))
            }
        }
    };
}
pub(super) use words;

/// Whether a field, cell, step or kind may be called so: a letter, then letters, digits and
/// `_`, 48 at most.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 48
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
