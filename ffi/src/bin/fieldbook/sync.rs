use clap::Args;
use ffi::{Phone, SyncReport, SyncWish};
use serde_json::json;

use crate::failure::Failure;
use crate::join::client;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Sync {
    /// The server's address; by default the one of the last time
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// One JSON object on one line
    #[arg(long)]
    json: bool,
    /// Also wait until the server has judged all that was sent
    #[arg(long)]
    wait_registered: bool,
    /// How long the server may wait with its answer for the outcome, in milliseconds; 0 = receipt
    /// only
    #[arg(long, value_name = "MS")]
    wait_ms: Option<u32>,
}

impl Sync {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let server = match self.server {
            Some(server) => server,
            None => phone.server()?.ok_or(Failure::NoServer)?,
        };
        let client = client(&server, say)?;
        let wish = SyncWish {
            wait_registered: self.wait_registered,
            wait_ms: self.wait_ms,
        };
        let report = phone.sync(&client, wish)?;
        match self.json {
            true => say.json(&as_json(&report)),
            false => say.line(&as_text(&report, say)),
        }
        if self.json {
            return Ok(());
        }
        if report.written_anew + report.anew_held > 0 {
            let fill = [
                ("written", report.written_anew.to_string()),
                ("held", report.anew_held.to_string()),
            ];
            say.line(&say.text("say", "written_anew", &fill));
        }
        let waits = phone.status().anew;
        if waits > 0 {
            say.line(&say.text("say", "waits_anew", &[("anew", waits.to_string())]));
        }
        Ok(())
    }
}

fn as_json(report: &SyncReport) -> serde_json::Value {
    json!({
        "bytes_up": report.bytes_up, "bytes_down": report.bytes_down,
        "requests": report.requests, "sent": report.sent, "received": report.received,
        "admitted_to": report.admitted_to, "held": report.held, "seconds": report.seconds,
        "written_anew": report.written_anew,
    })
}

fn as_text(report: &SyncReport, say: &Say) -> String {
    let fill = [
        ("sent", report.sent.to_string()),
        ("received", report.received.to_string()),
        ("held", report.held.to_string()),
        ("bytes_up", report.bytes_up.to_string()),
        ("bytes_down", report.bytes_down.to_string()),
        ("requests", report.requests.to_string()),
        ("seconds", format!("{:.2}", report.seconds)),
    ];
    say.text("say", "synced", &fill)
}
