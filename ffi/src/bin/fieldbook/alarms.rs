use clap::Args;
use ffi::{Alarm, Phone};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Alarms {
    /// Say that somebody has looked into it: syncing goes on, and finds it again if it stands
    #[arg(long)]
    clear: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Alarms {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        if self.clear {
            phone.clear_alarm()?;
            say.line(&say.text("say", "alarm_cleared", &[]));
            return Ok(());
        }
        if phone.alarms().is_empty() && !self.json {
            say.line(&say.text("say", "no_alarms", &[]));
        }
        for alarm in phone.alarms() {
            match self.json {
                true => say.json(&as_json(alarm)),
                false => say.line(&as_text(alarm, phone, say)),
            }
        }
        if phone.alarm().is_some() && !self.json {
            let next = match phone.must_join_anew() {
                true => "must_join_anew",
                false => "alarm_todo",
            };
            say.line(&say.text("say", next, &[]));
        }
        Ok(())
    }
}

fn as_json(alarm: &Alarm) -> Value {
    json!({"what": alarm.what, "at": alarm.at, "cleared": alarm.cleared})
}

fn as_text(alarm: &Alarm, phone: &Phone, say: &Say) -> String {
    let (name, cleared) = match alarm.cleared {
        Some(cleared) => ("alarm_past", phone.local(cleared)),
        None => ("alarm_now", String::new()),
    };
    let fill = [
        ("at", phone.local(alarm.at)),
        ("cleared", cleared),
        ("detail", alarm.what.clone()),
    ];
    say.text("say", name, &fill)
}
