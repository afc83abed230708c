//! How the server is doing: for programs (`/healthz`) and for people (`/`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use dutybook_log::DeviceKey;
use dutybook_store::{Counts, Device, Gap, Result};
use serde::Serialize;

use crate::clock;
use crate::server::Server;

/// Below this much free space somebody should act.
const LOW_BYTES: u64 = 500 * 1024 * 1024;

/// The answer of `/healthz`.
#[derive(Serialize)]
struct Health {
    ok: bool,
    site: String,
    version: &'static str,
    entries: u64,
    records: u64,
    /// Enrolled and not revoked.
    devices: u64,
    /// Devices connected now.
    connected: usize,
    quarantined: u64,
    /// Entries that wait for others before they can be taken.
    parked: u64,
    /// Records not yet brought up to date with their entries.
    pending: u64,
    /// Batches acknowledged since the start.
    batches: u64,
    /// Transactions that took.
    commits: u64,
    disk: Disk,
}

/// How the disk is doing.
#[derive(Clone, Serialize)]
struct Disk {
    /// `ok`, `low` or `failed`.
    state: &'static str,
    free_bytes: Option<u64>,
    /// What the last transaction failed with.
    failure: Option<String>,
}

struct Look {
    counts: Counts,
    gaps: Vec<Gap>,
    devices: Vec<(Device, u32)>,
    connected: BTreeMap<DeviceKey, usize>,
    disk: Disk,
    now_ms: i64,
}

fn look(server: &Server) -> Result<Look> {
    let devices = server
        .store
        .devices()?
        .into_iter()
        .map(|device| {
            let undelivered = server.store.undelivered(device.key)?;
            Ok((device, undelivered))
        })
        .collect::<Result<_>>()?;
    let mut connected = BTreeMap::new();
    for device in server.connected() {
        *connected.entry(device).or_default() += 1;
    }
    let gaps = server.store.gaps()?;
    Ok(Look { counts: server.store.counts()?, gaps, devices, connected, disk: disk(server), now_ms: clock::wall_ms() })
}

fn disk(server: &Server) -> Disk {
    let failure = server.intake.tally().failure;
    let free_bytes = fs4::available_space(&server.data).ok();
    let state = match (&failure, free_bytes) {
        (Some(_), _) => "failed",
        (None, Some(free)) if free < LOW_BYTES => "low",
        _ => "ok",
    };
    Disk { state, free_bytes, failure }
}

pub(crate) async fn health(State(server): State<Arc<Server>>) -> Response {
    let counted = server.blocking(|server| Ok((server.store.counts()?, disk(server)))).await;
    let (counts, disk) = match counted {
        Ok((counts, disk)) => (counts, disk),
        Err(error) => {
            let failure = Some(error.to_string());
            (Counts::default(), Disk { state: "failed", free_bytes: None, failure })
        }
    };
    let ok = disk.state != "failed";
    let health = Health {
        ok,
        site: server.identity.site.as_str().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        entries: counts.entries,
        records: counts.records,
        devices: counts.devices,
        connected: server.connected().len(),
        quarantined: counts.quarantined,
        parked: counts.parked,
        pending: counts.dirty,
        batches: server.intake.meter.batches.load(Ordering::Relaxed),
        commits: server.intake.meter.commits.load(Ordering::Relaxed),
        disk,
    };
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(health)).into_response()
}

pub(crate) async fn page(State(server): State<Arc<Server>>) -> Response {
    match server.blocking(look).await {
        Ok(look) => {
            let html = Html(html(&server.identity.site_name, server.identity.site.as_str(), &look));
            ([(header::CACHE_CONTROL, "no-store")], html).into_response()
        }
        Err(error) => {
            let text = format!("值班簿暂时无法读取。\nThe duty book cannot be read at the moment: {error}\n");
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

/// How many entries are known to exist and are not here, and who said that it has them.
fn missing(gaps: &[Gap]) -> String {
    let count: u64 = gaps.iter().map(Gap::missing).sum();
    let holders: std::collections::BTreeSet<&str> =
        gaps.iter().flat_map(|gap| &gap.holders).map(|(device, _)| device.prefix.as_str()).collect();
    match (count, holders.is_empty()) {
        (0, _) => "0".to_owned(),
        (_, true) => count.to_string(),
        _ => {
            let who = escape(&holders.into_iter().collect::<Vec<_>>().join(", "));
            format!("{count} ({who} 有 <small>has them</small>)")
        }
    }
}

fn html(name: &str, site: &str, look: &Look) -> String {
    let mut rows = String::new();
    for (device, undelivered) in &look.devices {
        let (contact_zh, contact_en) = if look.connected.contains_key(&device.key) {
            ("在线".to_owned(), "connected".to_owned())
        } else {
            device
                .last_contact_ms
                .map_or_else(|| ("从未".to_owned(), "never".to_owned()), |at_ms| ago(look.now_ms.saturating_sub(at_ms)))
        };
        let state = if device.revoked { "已停用 <small>revoked</small>" } else { "在用 <small>in use</small>" };
        let (prefix, label) = (escape(&device.prefix), escape(&device.label));
        // Writing into a `String` cannot fail.
        let _ = writeln!(
            rows,
            "<tr data-testid=\"device-{prefix}\"><td>{prefix}</td><td>{label}</td><td>{role}</td><td>{state}</td>\
             <td>{contact_zh} <small>{contact_en}</small></td><td class=\"n\">{undelivered}</td></tr>",
            role = role(&device.role),
        );
    }
    if look.devices.is_empty() {
        rows.push_str(
            "<tr><td colspan=\"6\">还没有设备。在服务器上运行 <code>dutybook-server token</code>。\
             <br><small>No devices yet. Run <code>dutybook-server token</code> on the server.</small></td></tr>",
        );
    }
    let free = look.disk.free_bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{} MB", bytes / 1_048_576));
    let disk = match (&look.disk.failure, look.disk.state) {
        (Some(failure), _) => format!("<b>写入失败 <small>writing failed</small>: {}</b>", escape(failure)),
        (None, "low") => format!("<b>空间不足 <small>space is low</small></b> ({free})"),
        _ => format!("正常 <small>fine</small> ({free})"),
    };
    let Counts { entries, records, quarantined, parked, dirty, .. } = look.counts;
    let missing = missing(&look.gaps);
    let online = look.connected.len();
    let (name, site) = (escape(name), escape(site));
    format!(
        "<!doctype html>
<html lang=\"zh-CN\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta http-equiv=\"refresh\" content=\"15\">
<title>值班簿服务器 · {name}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2733; }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0; }}
th, td {{ text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #d5dbe1; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
small {{ color: #5b6875; }}
</style>
</head>
<body>
<h1>值班簿服务器 <small>Dutybook server</small></h1>
<p>{name} <small>{site}</small></p>
<table>
<tr><th>条目 <small>entries</small></th><td class=\"n\" data-testid=\"entries\">{entries}</td></tr>
<tr><th>记录 <small>records</small></th><td class=\"n\">{records}</td></tr>
<tr><th>在线设备 <small>devices connected</small></th><td class=\"n\" data-testid=\"connected\">{online}</td></tr>
<tr><th>隔离 <small>in quarantine</small></th><td class=\"n\" data-testid=\"quarantined\">{quarantined}</td></tr>
<tr><th>等待前文 <small>waiting for earlier entries</small></th><td class=\"n\">{parked}</td></tr>
<tr><th>缺 <small>missing</small></th><td class=\"n\" data-testid=\"missing\">{missing}</td></tr>
<tr><th>待整理记录 <small>records to bring up to date</small></th><td class=\"n\">{dirty}</td></tr>
<tr><th>磁盘 <small>disk</small></th><td class=\"n\" data-testid=\"disk\">{disk}</td></tr>
</table>
<h2>设备 <small>Devices</small></h2>
<table>
<tr><th>前缀 <small>prefix</small></th><th>名称 <small>name</small></th><th>用途 <small>role</small></th>
<th>状态 <small>state</small></th><th>最近联系 <small>last contact</small></th>
<th class=\"n\">未送达 <small>undelivered</small></th></tr>
{rows}</table>
<p><small>未送达:服务器上有、该设备尚未确认收到的条目(不在其权限内的也计入)。
Undelivered: entries on the server that the device has not acknowledged, those outside its access included.</small></p>
</body>
</html>
"
    )
}

fn role(word: &str) -> String {
    match word {
        "tablet" => "平板 <small>tablet</small>".to_owned(),
        "desk" => "前台 <small>desk</small>".to_owned(),
        "admin" => "管理 <small>admin</small>".to_owned(),
        other => escape(other),
    }
}

fn ago(ms: i64) -> (String, String) {
    let minutes = ms / 60_000;
    match minutes {
        ..1 => ("刚刚".to_owned(), "just now".to_owned()),
        1..60 => (format!("{minutes} 分钟前"), format!("{minutes} min ago")),
        60..2880 => (format!("{} 小时前", minutes / 60), format!("{} h ago", minutes / 60)),
        _ => (format!("{} 天前", minutes / 1440), format!("{} days ago", minutes / 1440)),
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_text_on_the_page() {
        assert_eq!(escape("<b onclick='x'>\"A&B\""), "&lt;b onclick=&#39;x&#39;&gt;&quot;A&amp;B&quot;");
    }

    #[test]
    fn times_are_told_as_people_tell_them() {
        assert_eq!(ago(30_000).1, "just now");
        assert_eq!(ago(-5).1, "just now");
        assert_eq!(ago(59 * 60_000).0, "59 分钟前");
        assert_eq!(ago(26 * 3_600_000).1, "26 h ago");
        assert_eq!(ago(72 * 3_600_000).0, "3 天前");
    }
}
