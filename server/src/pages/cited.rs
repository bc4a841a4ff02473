//! Where a rule stands, in the reader's language: the catalogue writes `处罚法 Art. 60`, a page says
//! `行政处罚法第60条` or `Administrative Penalty Law Art. 60`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::ink::Ink;
use crate::messages::{Language, embedded as read};

/// What is not known by its name is cited as it was written.
pub fn cited(text: &str, language: Language) -> Ink {
    let words = match language {
        Language::Zh => &*ZH,
        Language::En => &*EN,
    };
    if let Some(name) = words.names.get(text) {
        return Ink::label(name);
    }
    let rules: Vec<Ink> = text.split("; ").map(|rule| words.rule(rule)).collect();
    Ink::joined(&rules, &words.after)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    article: String,
    between: String,
    after: String,
    names: BTreeMap<String, String>,
}

impl Sources {
    fn rule(&self, text: &str) -> Ink {
        let (name, articles) = match text.split_once(" Art. ") {
            Some((name, articles)) => (name, Some(articles)),
            None => (text, None),
        };
        let Some(known) = self.names.get(name) else {
            return Ink::written(text);
        };
        let articles = articles.map_or_else(String::new, |articles| {
            let articles = articles.replace(", ", &self.between);
            self.article.replace("{n}", &articles)
        });
        Ink::label(&format!("{known}{articles}"))
    }
}

static ZH: LazyLock<Sources> =
    LazyLock::new(|| read(include_str!("../../messages/sources.zh.toml")));
static EN: LazyLock<Sources> =
    LazyLock::new(|| read(include_str!("../../messages/sources.en.toml")));

#[cfg(test)]
mod tests {
    use sync_core::catalogue::Catalogue;

    use super::*;

    #[test]
    fn every_rule_of_the_default_catalogue_is_cited_in_the_readers_language() {
        let catalogue = Catalogue::embedded();
        let limits = catalogue.kinds.values().flat_map(|kind| &kind.limits);
        let laws = limits.map(|limit| limit.law.as_str());
        let settings = catalogue.settings.values();
        let cited_texts = laws.chain(settings.map(|setting| setting.source.as_str()));
        for text in cited_texts.filter(|text| !text.is_empty()) {
            let (zh, en) = (cited(text, Language::Zh), cited(text, Language::En));
            let (zh, en) = (zh.to_string(), en.to_string());
            assert!(!zh.chars().any(|c| c.is_ascii_alphabetic()), "{zh}");
            assert!(en.is_ascii(), "{en}");
        }
    }

    #[test]
    fn articles_are_counted_as_the_language_counts_them() {
        let text = "处罚法 Art. 56; 住建部令55 Art. 21, 22";
        assert_eq!(
            cited(text, Language::Zh).to_string(),
            "行政处罚法第56条；住房和城乡建设部令第55号第21、22条"
        );
        assert_eq!(
            cited("某市规定 Art. 3", Language::Zh).to_string(),
            "<bdi>某市规定 Art. 3</bdi>"
        );
    }
}
