//! What people paste, what broken and hostile phones send, and what is typed into an address: each
//! is shown soundly or refused with a sentence that helps. `docs/bad-input.md` is the list.

mod codes;
mod dates;
mod large;
mod letters;
mod newer;
mod public;
mod tracks;

use std::ops::Deref;
use std::time::Duration;

use sync_core::catalogue::{AUTHOR, Catalogue, Field, FieldType, Kind, MEMBER, Step};
use sync_core::envelope::Act;
use sync_core::ids::RecordId;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};
use wardbook::clock::Stopwatch;

use crate::http::get;
use crate::phone::Phone;
use crate::scene;
use crate::store::{NOW, TestStore};

/// A scene with a phone for each role that asks for one.
pub struct Scene {
    scene: scene::Scene,
    phones: u8,
}

impl Deref for Scene {
    type Target = scene::Scene;

    fn deref(&self) -> &scene::Scene {
        &self.scene
    }
}

impl Scene {
    pub async fn new(store: TestStore) -> Scene {
        let scene = scene::Scene::new(store).await;
        Scene { scene, phones: 0 }
    }

    pub async fn phone(&mut self, role: &str) -> Phone {
        self.phones += 1;
        let person = format!("O{:04}", self.phones);
        self.phone_of(self.phones, &person, role).await
    }

    /// Brings acts in, each of which must be admitted.
    #[track_caller]
    pub fn admitted(&self, phone: &mut Phone, acts: &[Act]) {
        let envelope = phone.close(acts);
        phone.sync(self.server.sync, std::slice::from_ref(&envelope));
        let entry = phone.outcome(&envelope);
        assert!(entry.held.is_empty() && !entry.whole, "{entry:?}");
    }

    /// A page of the console, in both languages, drawn soundly and soon.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let mut pages = ["zh", "en"].map(|language| {
            let between = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{between}lang={language}");
            let begun = Stopwatch::start();
            let answer = get(self.server.console, &path, "Accept: text/html\r\n");
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{path} took {:?}",
                begun.elapsed()
            );
            let (head, html) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
            letters::sound(&path, html);
            html.to_owned()
        });
        std::mem::take(&mut pages[0])
    }

    /// Every page that a station has, those of its books for some days, and of some records.
    #[track_caller]
    pub fn pages(&self, days: &[&str], records: &[RecordId]) {
        for path in [
            "",
            "/records",
            "/limits",
            "/limits?when=over",
            "/held",
            "/conflicts",
            "/devices",
            "/metrics",
            "/metrics?from=2026-05-01&to=2026-05-31",
            "/forks",
            "/cards",
        ] {
            self.page(&format!("/s/S00{path}"));
        }
        self.page("/");
        for book in Catalogue::embedded().shelf() {
            let path = format!("/s/S00/books/{}", book.name);
            self.page(&path);
            for day in days {
                self.page(&format!("{path}?day={day}&month={:.7}", day));
            }
        }
        for record in records {
            self.page(&format!("/s/S00/records/{record}"));
        }
    }

    pub async fn end(self) {
        self.scene.end().await;
    }
}

pub fn set(field: &str, value: Scalar) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.to_owned()),
        value,
    }
}

pub fn text(field: &str, value: &str) -> Edit {
    set(field, Scalar::Str(value.to_owned()))
}

/// One kind filled in wherever its author may write, by somebody of the role that may make it.
pub struct Filled<'c> {
    pub kind: &'c Kind,
    pub role: String,
    pub edits: Vec<Edit>,
}

/// Every kind of the catalogue, each field with what `value` gives for it.
pub fn filled(value: impl Fn(&Kind, &Field) -> Option<Scalar>) -> Vec<Filled<'static>> {
    let kinds = Catalogue::embedded().kinds.values();
    kinds
        .map(|kind| {
            let role = kind.create.iter().find(|role| *role != MEMBER);
            let role = role.map_or("stationed_officer", String::as_str).to_owned();
            let is_own = |who: &[String]| {
                let own = |name: &String| *name == role || name == AUTHOR || name == MEMBER;
                who.is_empty() || who.iter().any(own)
            };
            let fields = kind.fields.iter().filter(|field| is_own(&field.write));
            let mut edits: Vec<Edit> = fields
                .filter_map(|field| written(kind, field, &value))
                .collect();
            let own = |step: &&Step| is_own(&step.by) && step.where_.is_none();
            edits.extend(kind.steps.iter().filter(own).map(|step| {
                let note = value(kind, &note()).and_then(|note| note.as_str().map(str::to_owned));
                Edit::Step {
                    to: step.to.clone(),
                    note,
                }
            }));
            Filled { kind, role, edits }
        })
        .collect()
}

/// What a note of a step is, to who fills fields in.
fn note() -> Field {
    let mut fields = Catalogue::embedded().kinds["case"].fields.iter();
    let long = fields.find(|field| field.ty == FieldType::LongText);
    long.unwrap().clone()
}

fn written(
    kind: &Kind,
    field: &Field,
    value: &impl Fn(&Kind, &Field) -> Option<Scalar>,
) -> Option<Edit> {
    let name = field.name.clone();
    if field.is_rows() {
        let cells = field.row_cells().iter();
        let cells = cells.filter_map(|cell| Some((cell.name.clone(), value(kind, cell)?)));
        return Some(Edit::AddRow {
            field: name,
            cells: cells.collect(),
        });
    }
    let value = value(kind, field)?;
    Some(match field.ty {
        FieldType::CoText => Edit::Splice {
            field: name,
            at: 0,
            delete: 0,
            insert: value.as_str()?.to_owned(),
        },
        _ if field.many || field.ty == FieldType::Track => Edit::Add { field: name, value },
        _ => set(&name, value),
    })
}

/// A value that fits, of a field that is not what is being tried.
pub fn plain(ty: FieldType) -> Option<Scalar> {
    Some(match ty {
        FieldType::Instant => Scalar::Int(NOW),
        FieldType::Date => Scalar::Str("2026-05-28".to_owned()),
        FieldType::Time => Scalar::Str("14:05".to_owned()),
        FieldType::Integer | FieldType::Money | FieldType::Duration => Scalar::Int(3),
        FieldType::Boolean => Scalar::Bool(true),
        FieldType::Point | FieldType::Track | FieldType::Evidence | FieldType::Table => {
            return None;
        }
        FieldType::Text
        | FieldType::LongText
        | FieldType::CoText
        | FieldType::Choice
        | FieldType::Decimal
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Person
        | FieldType::Record => Scalar::Str("1".to_owned()),
    })
}

/// Brings every filled kind in, and gives its records.
pub async fn bring(scene: &mut Scene, all: Vec<Filled<'_>>, external: &str) -> Vec<RecordId> {
    let mut phones: std::collections::BTreeMap<String, Phone> = Default::default();
    let mut records = Vec::new();
    for (n, filled) in (1..).zip(all) {
        if !phones.contains_key(&filled.role) {
            let phone = scene.phone(&filled.role).await;
            phones.insert(filled.role.clone(), phone);
        }
        let phone = phones.get_mut(&filled.role).unwrap();
        let id = (!external.is_empty()).then(|| format!("{external}{n}"));
        let (record, act) = phone.make_of(filled.kind, id.as_deref(), &filled.edits);
        scene.admitted(phone, &[act]);
        records.push(record);
    }
    records
}
