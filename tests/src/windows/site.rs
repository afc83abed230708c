//! The demo site for journeys: what the screens name by its text, and a round that can be walked whenever the tests run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A point of a round: its name and the code under its sticker.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// What people call it.
    pub name: &'static str,
    /// What a guard types when the scanner is at home.
    pub code: &'static str,
    key: &'static str,
}

/// The round that starts in the minute in which the site was set up.
pub const ROUND: &str = "此刻巡视";

/// Its points, in their usual order.
pub const POINTS: [Point; 4] = [
    Point { name: "南大门岗", code: "DEMO-01", key: "gate-south" },
    Point { name: "生活水泵房", code: "DEMO-07", key: "cp-water-pump" },
    Point { name: "消防监控室", code: "DEMO-02", key: "cp-control" },
    Point { name: "地下车库东区", code: "DEMO-05", key: "cp-garage-east" },
];

/// Minutes that the demo site's civil clock is ahead of UTC.
const ZONE_MIN: i64 = 8 * 60;

/// Writes the site file of the demo site with [`ROUND`] added into `folder`: the site itself plans its rounds by the
/// clock, so that at some hours none could be started.
pub(super) fn with_a_round_for_now(folder: &Path) -> Result<PathBuf> {
    let site = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/site.toml"))
        .context("the demo site cannot be read")?;
    let minute = (now_ms() / 60_000 + ZONE_MIN).rem_euclid(24 * 60);
    let stops: String =
        POINTS.iter().map(|point| format!("  {{ point = \"{}\", from = 0, to = 90 }},\n", point.key)).collect();
    let route = format!(
        "\n[[route]]\nkey = \"now\"\nname = \"{ROUND}\"\nkind = \"巡更\"\npost = \"patrol\"\nstarts = [\"{:02}:{:02}\"]\nstops = [\n{stops}]\n",
        minute / 60,
        minute % 60
    );
    let file = folder.join("site.toml");
    fs::write(&file, site + route.as_str()).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "the round has to start now, by the clock that the apps go by")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
