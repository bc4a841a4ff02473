//! One station, its charter and a catalogue whose kinds use every type of field.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use sync_core::catalogue::{Catalogue, Kind, Sources};
use sync_core::envelope::{Charter, CharterDelta, DeviceGrant, Member, ServerKey, SoftKey};
use sync_core::gate::Desk;
use sync_core::ids::{DeviceId, Epoch, Hash, PersonId, StationId};

pub const EPOCH: Epoch = Epoch { lineage: 0, n: 0 };

pub struct Station {
    pub id: StationId,
    pub charter: Charter,
    pub catalogues: BTreeMap<Hash, Arc<Catalogue>>,
    pub catalogue: Arc<Catalogue>,
    /// The server's key, then one a phone.
    pub keys: Vec<SoftKey>,
    /// Whose phone it is; the first is the server.
    pub owners: Vec<PersonId>,
    roles: BTreeMap<PersonId, Vec<String>>,
}

pub fn station() -> &'static Station {
    static STATION: LazyLock<Station> = LazyLock::new(Station::new);
    &STATION
}

impl Station {
    fn new() -> Station {
        let catalogue = Arc::new(catalogue());
        let keys: Vec<SoftKey> = (1..=6)
            .map(|i| SoftKey::from_secret(&[i; 32]).unwrap())
            .collect();
        // The fifth phone is the first officer's second one.
        let owners: Vec<PersonId> = ["server", "O0001", "O0002", "O0003", "O0004", "O0001"]
            .iter()
            .map(|code| PersonId::new(code).unwrap())
            .collect();
        let roles: BTreeMap<PersonId, Vec<String>> = [
            (1, vec!["officer"]),
            (2, vec!["officer"]),
            (3, vec!["officer", "leader"]),
            (4, vec!["helper"]),
        ]
        .into_iter()
        .map(|(i, roles): (usize, Vec<&str>)| {
            let roles = roles.into_iter().map(str::to_owned).collect();
            (owners[i].clone(), roles)
        })
        .collect();
        let mut delta = CharterDelta::new(EPOCH);
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: keys[0].device(),
            sign_key: keys[0].public(),
        });
        for (person, roles) in &roles {
            delta.members.push(Member {
                person: person.clone(),
                name: format!("队员{person}"),
                post: "队员".into(),
                roles: roles.clone(),
                active: true,
                certificate: None,
                certificate_until: None,
            });
        }
        for (key, owner) in keys.iter().zip(&owners).skip(1) {
            delta.devices.push(DeviceGrant {
                device: key.device(),
                person: owner.clone(),
                sign_key: key.public(),
                agree_key: key.public(),
                removed: false,
            });
        }
        delta.devices.sort_by_key(|grant| grant.device);
        let mut charter = Charter::default();
        charter.apply(&delta).unwrap();
        Station {
            id: StationId::new("S00").unwrap(),
            charter,
            catalogues: BTreeMap::from([(catalogue.hash(), catalogue.clone())]),
            catalogue,
            keys,
            owners,
            roles,
        }
    }

    pub fn desk(&self) -> Desk<'_> {
        Desk::new(&self.id, &self.charter, &self.catalogues)
    }

    pub fn device(&self, phone: usize) -> DeviceId {
        self.keys[phone].device()
    }

    pub fn kind(&self, name: &str) -> &Kind {
        &self.catalogue.kinds[name]
    }

    pub fn roles(&self, person: &PersonId) -> &[String] {
        self.roles.get(person).map_or(&[], Vec::as_slice)
    }
}

const SITE: &str = r#"
kind = "site"
zh = "点"
en = "Site"
create = ["officer"]
title = "title"
handlers = "people"
submitted = ["open"]
fields = [
  { name = "title", type = "text", zh = "名", en = "Title" },
  { name = "story", type = "long_text", zh = "述", en = "Story" },
  { name = "minutes", type = "co_text", write = ["member"], zh = "记录", en = "Minutes" },
  { name = "colour", type = "choice", codes = "colour", zh = "色", en = "Colour" },
  { name = "count", type = "integer", write = ["member"], zh = "数", en = "Count" },
  { name = "weight", type = "decimal", zh = "重", en = "Weight" },
  { name = "fine", type = "money", zh = "款", en = "Fine" },
  { name = "urgent", type = "boolean", write = ["member"], zh = "急", en = "Urgent" },
  { name = "day", type = "date", zh = "日", en = "Day" },
  { name = "hour", type = "time", zh = "时", en = "Hour" },
  { name = "moment", type = "instant", zh = "刻", en = "Moment" },
  { name = "took", type = "duration", zh = "历时", en = "Took" },
  { name = "point", type = "point", zh = "位", en = "Point" },
  { name = "way", type = "track", write = ["member"], zh = "迹", en = "Way" },
  { name = "phone", type = "phone", zh = "话", en = "Phone" },
  { name = "card", type = "id_number", zh = "证", en = "Card" },
  { name = "lead", type = "person", zh = "头", en = "Lead" },
  { name = "origin", type = "record", zh = "源", en = "Origin" },
  { name = "seen", type = "text", merge = "last", write = ["member"], zh = "见", en = "Seen" },
  { name = "tags", type = "text", many = true, write = ["member"], zh = "签", en = "Tags" },
  { name = "colours", type = "choice", many = true, codes = "colour", zh = "众色", en = "Colours" },
  { name = "people", type = "person", many = true, zh = "人", en = "People" },
  { name = "links", type = "record", many = true, zh = "链", en = "Links" },
  { name = "files", type = "evidence", write = ["member"], zh = "证据", en = "Files" },
  { name = "lines", type = "table", write = ["member"], zh = "行", en = "Lines", cells = [
    { name = "text", type = "long_text", zh = "文", en = "Text" },
    { name = "at", type = "instant", zh = "时", en = "At" },
    { name = "mood", type = "text", merge = "last", zh = "情", en = "Mood" },
    { name = "fine", type = "money", zh = "款", en = "Fine" },
    { name = "ok", type = "boolean", zh = "可", en = "Ok" },
    { name = "who", type = "person", zh = "谁", en = "Who" },
    { name = "point", type = "point", zh = "位", en = "Point" },
  ] },
  { name = "verdict", type = "text", write = ["leader"], zh = "批", en = "Verdict" },
]
steps = [
  { to = "open", from = [], by = ["author"], zh = "开", en = "Open" },
  { to = "review", from = ["open"], by = ["author", "handler"], zh = "审", en = "Review" },
  { to = "done", from = ["review"], by = ["leader"], zh = "毕", en = "Done" },
  { to = "stamped", from = ["done"], by = ["leader"], where = "console", zh = "章", en = "Stamped" },
]
"#;

const NOTE: &str = r#"
kind = "note"
zh = "条"
en = "Note"
create = ["member"]
fields = [
  { name = "title", type = "text", write = ["member"], zh = "名", en = "Title" },
  { name = "body", type = "co_text", write = ["member"], zh = "文", en = "Body" },
]
"#;

const COLOURS: &str = r#"
list = "colour"
zh = "色"
en = "Colour"
codes = [{ code = "red", zh = "红", en = "Red" }, { code = "blue", zh = "蓝", en = "Blue" }]
"#;

const ROLES: &str = r#"
roles = [
  { role = "officer", zh = "队员", en = "Officer" },
  { role = "leader", zh = "队长", en = "Leader" },
  { role = "helper", zh = "协管", en = "Helper" },
]
"#;

const BOOK: &str = r##"
book = "B1"
zh = "点册"
en = "Sites"
page = "sequence"
row = ["record"]
footer = ["amendments"]
columns = [
  "#",
  "title",
  "count",
  "tags",
  { zh = "行", en = "Lines", cell = "f.lines|rows('text', 'ok')" },
  { zh = "开", en = "Opened", cell = "s.open|day" },
  { zh = "人", en = "By", cell = "r.author|officer" },
]
source = [{ kind = "site" }]
"##;

fn catalogue() -> Catalogue {
    load(SITE, NOTE)
}

/// The station's forms over the years: as they began, with a field more, and with the members'
/// right to write some of them withdrawn.
pub fn editions() -> [Catalogue; 3] {
    let more = |form: &str| {
        let field =
            r#"{ name = "added", type = "text", write = ["member"], zh = "增", en = "Added" },"#;
        form.replace("fields = [", &format!("fields = [\n  {field}"))
    };
    let less = |form: &str| {
        let form = form.replacen(
            r#"type = "integer", write = ["member"]"#,
            r#"type = "integer", write = ["leader"]"#,
            1,
        );
        form.replacen(
            r#"type = "text", write = ["member"], zh = "名""#,
            r#"type = "text", write = ["leader"], zh = "名""#,
            1,
        )
    };
    [
        catalogue(),
        load(&more(SITE), &more(NOTE)),
        load(&less(SITE), &less(NOTE)),
    ]
}

fn load(site: &str, note: &str) -> Catalogue {
    let sources = Sources::from(
        [
            ("catalogue.toml", "extends = \"none\"\n"),
            ("roles.toml", ROLES),
            ("codes/colour.toml", COLOURS),
            ("kinds/site.toml", site),
            ("kinds/note.toml", note),
            ("books/B1.toml", BOOK),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned())),
    );
    Catalogue::load(&sources).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}
