//! `wardbook officer`: says who the members of a station are.

use clap::{Args, Subcommand};
use serde_json::json;
use sync_core::ids::PersonId;

use super::{StationOptions, out, values};
use crate::charter;
use crate::clock::Clock;
use crate::error::Result;
use crate::invite::DEFAULT_ROLE;
use crate::officer::{ChangedAt, Officer, OfficerChange};
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take a member in
    Add {
        #[command(flatten)]
        at: StationOptions,
        /// The officer's code (工号)
        #[arg(long, value_name = "CODE")]
        officer: PersonId,
        #[arg(long, value_parser = values::name)]
        name: String,
        #[command(flatten)]
        facts: Facts,
    },
    /// Change what is given, leave the rest
    Change {
        #[command(flatten)]
        at: StationOptions,
        /// The officer's code (工号)
        #[arg(long, value_name = "CODE")]
        officer: PersonId,
        #[arg(long, value_parser = values::name)]
        name: Option<String>,
        #[command(flatten)]
        facts: Facts,
    },
    /// End a membership; what the officer recorded stays
    Remove {
        #[command(flatten)]
        at: StationOptions,
        /// The officer's code (工号)
        #[arg(long, value_name = "CODE")]
        officer: PersonId,
    },
    /// One line a member: code, name, post, certificate, validity, roles
    List {
        #[command(flatten)]
        at: StationOptions,
        /// Also those who left
        #[arg(long)]
        all: bool,
        /// Print one JSON object on one line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Facts {
    /// Post (职务)
    #[arg(long, value_parser = values::name)]
    post: Option<String>,
    /// Number of the enforcement certificate (执法证号)
    #[arg(long, value_parser = values::name)]
    certificate: Option<String>,
    /// First day of the certificate's validity
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    valid_from: Option<String>,
    /// Last day of the certificate's validity
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    valid_until: Option<String>,
    /// The duty phone that contact cards name
    #[arg(long, value_name = "NUMBER", value_parser = values::phone)]
    phone: Option<String>,
    /// A role of the catalogue; give it again for several [default: stationed_officer]
    #[arg(long = "role", value_name = "ROLE", value_parser = values::role)]
    roles: Vec<String>,
}

impl Facts {
    /// The roles in the order given, each once; `None` when none was given.
    fn roles(&self) -> Option<Vec<String>> {
        let mut roles: Vec<String> = Vec::new();
        for role in &self.roles {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        (!roles.is_empty()).then_some(roles)
    }
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match options.command {
        Command::Add {
            at,
            officer,
            name,
            facts,
        } => {
            let officer = Officer {
                person: officer,
                name,
                roles: facts
                    .roles()
                    .unwrap_or_else(|| vec![DEFAULT_ROLE.to_owned()]),
                post: facts.post.unwrap_or_default(),
                certificate: facts.certificate.unwrap_or_default(),
                valid_from: facts.valid_from,
                valid_until: facts.valid_until,
                phone: facts.phone.unwrap_or_default(),
                removed_at: None,
                changed: ChangedAt::default(),
            };
            let db = at.store.open().await?;
            write_tx!(db, "officer_add", async |tx| {
                officer.add(tx, &at.station, clock).await?;
                charter::issue(tx, &at.station, None, &at.store.data_dir(), clock).await
            })
            .await?;
            db.close().await;
        }
        Command::Change {
            at,
            officer,
            name,
            facts,
        } => {
            let change = OfficerChange {
                name,
                roles: facts.roles(),
                post: facts.post,
                certificate: facts.certificate,
                valid_from: facts.valid_from,
                valid_until: facts.valid_until,
                phone: facts.phone,
            };
            let db = at.store.open().await?;
            write_tx!(db, "officer_change", async |tx| {
                Officer::change(tx, &at.station, &officer, change.clone(), clock).await?;
                charter::issue(tx, &at.station, None, &at.store.data_dir(), clock).await
            })
            .await?;
            db.close().await;
        }
        Command::Remove { at, officer } => {
            let db = at.store.open().await?;
            write_tx!(db, "officer_remove", async |tx| {
                Officer::remove(tx, &at.station, &officer, clock).await?;
                charter::issue(tx, &at.station, None, &at.store.data_dir(), clock).await
            })
            .await?;
            db.close().await;
        }
        Command::List { at, all, json } => list(&at, all, json).await?,
    }
    Ok(())
}

async fn list(at: &StationOptions, all: bool, json: bool) -> Result<()> {
    let db = at.store.open().await?;
    let mut officers = Officer::list(&db, &at.station).await?;
    db.close().await;
    officers.retain(|officer| all || officer.removed_at.is_none());
    if json {
        let officers: Vec<_> = officers.iter().map(as_json).collect();
        out::json(&json!({ "officers": officers }));
        return Ok(());
    }
    for o in officers {
        let from = o.valid_from.as_deref().unwrap_or("");
        let until = o.valid_until.as_deref().unwrap_or("");
        let validity = if from.is_empty() && until.is_empty() {
            String::new()
        } else {
            format!("{from}..{until}")
        };
        let left = if o.removed_at.is_some() { "\tleft" } else { "" };
        out::say(&format!(
            "{}\t{}\t{}\t{}\t{validity}\t{}{left}",
            o.person,
            o.name,
            o.post,
            o.certificate,
            o.roles.join(",")
        ));
    }
    Ok(())
}

fn as_json(o: &Officer) -> serde_json::Value {
    json!({
        "officer": o.person.as_str(),
        "name": o.name,
        "post": o.post,
        "certificate": o.certificate,
        "valid_from": o.valid_from,
        "valid_until": o.valid_until,
        "roles": o.roles,
        "phone": o.phone,
        "removed_at": o.removed_at,
    })
}
