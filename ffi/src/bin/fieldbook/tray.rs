use clap::{Args, Subcommand};
use ffi::Phone;
use serde_json::json;

use crate::failure::Failure;
use crate::record::tell;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Tray {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<TrayCommand>,
}

#[derive(Debug, Subcommand)]
enum TrayCommand {
    /// Submit a held act again, as a new act that names the old one
    Resubmit {
        /// The number of the act, as the tray shows it
        n: u64,
    },
}

impl Tray {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        if let Some(TrayCommand::Resubmit { n }) = self.command {
            let saved = phone.resubmit(n)?;
            tell(&saved, say);
            return Ok(());
        }
        let tray = phone.tray()?;
        if tray.is_empty() && !self.json {
            say.line(&say.text("say", "tray_empty", &[]));
        }
        for held in tray {
            let why = held.explain(say.language);
            if self.json {
                let records: Vec<String> = held.records.iter().map(ToString::to_string).collect();
                let entry = json!({
                    "act": held.act.to_string(), "n": held.act.n, "records": records,
                    "code": held.code, "detail": held.detail, "why": why,
                });
                say.json(&entry);
                continue;
            }
            say.line(&format!(
                "{}  {}  {}",
                held.act,
                say.word("held"),
                held.detail
            ));
            for record in &held.records {
                say.line(&format!("    {record}"));
            }
            say.line(&format!("    {why}"));
            let fill = [("n", held.act.n.to_string())];
            say.line(&format!("    {}", say.text("say", "resubmit", &fill)));
        }
        Ok(())
    }
}
