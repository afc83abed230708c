//! A round of the demo site that can be walked whenever somebody tries.
//!
//! The site plans its rounds by the clock, so that at some hours of the day none could be started.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The round that starts in the minute in which the site file is written.
pub const ROUND: &str = "此刻巡视";

/// A point of the round.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// What people call it.
    pub name: &'static str,
    /// What a guard types when the scanner is at home.
    pub code: &'static str,
    key: &'static str,
}

/// Its points, in their usual order, as `demo/site.toml` has them.
pub const POINTS: [Point; 4] = [
    Point { name: "南大门岗", code: "DEMO-01", key: "gate-south" },
    Point { name: "生活水泵房", code: "DEMO-07", key: "cp-water-pump" },
    Point { name: "消防监控室", code: "DEMO-02", key: "cp-control" },
    Point { name: "地下车库东区", code: "DEMO-05", key: "cp-garage-east" },
];

/// Minutes that the demo site's civil clock is ahead of UTC.
const ZONE_MIN: i64 = 8 * 60;

/// Writes the site of `site_file` with [`ROUND`] added into `folder`.
pub fn with_a_round_for_now(site_file: &Path, folder: &Path) -> Result<PathBuf> {
    let site = fs::read_to_string(site_file).with_context(|| format!("{} cannot be read", site_file.display()))?;
    let minute = (now_ms() / 60_000 + ZONE_MIN).rem_euclid(24 * 60);
    let stops: String =
        POINTS.iter().map(|point| format!("  {{ point = \"{}\", from = 0, to = 90 }},\n", point.key)).collect();
    let route = format!(
        "\n[[route]]\nkey = \"now\"\nname = \"{ROUND}\"\nkind = \"巡更\"\npost = \"patrol\"\n\
         starts = [\"{:02}:{:02}\"]\nstops = [\n{stops}]\n",
        minute / 60,
        minute % 60
    );
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = folder.join("site.toml");
    fs::write(&file, site + &route).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "the round has to start now, by the clock that the programs go by")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
