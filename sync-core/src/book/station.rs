//! What of a station its records are read with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::nobody;
use crate::catalogue::{Around, Catalogue, Language, People};
use crate::envelope::Charter;
use crate::ids::PersonId;

/// The station of a charter, with its newest catalogue.
#[derive(Debug, Clone)]
pub struct Station {
    /// As the newest charter names it.
    pub name: String,
    around: Arc<Around>,
}

impl Station {
    /// Former members keep their names: what they wrote stays theirs.
    pub fn new(charter: &Charter, catalogue: Arc<Catalogue>) -> Station {
        let members = charter.people().map(|member| {
            let named = (member.name.clone(), member.certificate.clone());
            (member.person.to_string(), named)
        });
        let people: Arc<dyn People> = Arc::new(Members(members.collect()));
        let now = charter.now();
        Station {
            name: now.map_or("", |now| now.station_name()).to_owned(),
            around: Arc::new(Around {
                catalogue,
                people,
                offset: now.map_or(480, |now| now.zone_minutes()),
            }),
        }
    }

    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.around.catalogue
    }

    pub fn around(&self) -> &Arc<Around> {
        &self.around
    }

    /// Minutes east of UTC.
    pub fn offset(&self) -> i32 {
        self.around.offset
    }
}

/// Names and certificates by code.
#[derive(Debug)]
struct Members(BTreeMap<String, (String, Option<String>)>);

impl People for Members {
    fn name(&self, code: &str, language: Language) -> Option<String> {
        if code == PersonId::server().as_str() {
            return Some(nobody::server().get(language).to_owned());
        }
        self.0.get(code).map(|(name, _)| name.clone())
    }

    fn certificate(&self, code: &str) -> Option<String> {
        self.0.get(code)?.1.clone()
    }
}
