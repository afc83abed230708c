//! Pictures of both apps at the sizes they are made for: `screenshots DESK-DATA TABLET-DATA DIR`.
//!
//! `cargo xtask run --screenshots DIR` brings the demo site up and calls this.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use dutybook_tests::windows::Window;
use xtask::command_line::CommandLine;
use xtask::demo::{self, DUTY_OFFICER, GUARD, Person};
use xtask::display::VirtualDisplay;
use xtask::programs::Programs;

#[tokio::main]
async fn main() -> Result<()> {
    let [desk, tablet, pictures]: [PathBuf; 3] = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("usage: screenshots DESK-DATA TABLET-DATA DIR")?;
    let programs = Programs::of_this_build()?;
    let display = VirtualDisplay::start()?;
    let studio = Studio { programs, display, pictures };
    studio
        .shoot(&Visit {
            name: "desk",
            data: desk,
            person: DUTY_OFFICER,
            home: "board",
            ways: &[("monitor", "key-F7"), ("ledger", "key-F9")],
            sizes: [(1366, 768), (1920, 1080)],
        })
        .await?;
    studio
        .shoot(&Visit {
            name: "tablet",
            data: tablet,
            person: GUARD,
            home: "rounds",
            ways: &[("orders", "rounds-orders"), ("register", "rounds-register")],
            sizes: [(1180, 820), (800, 1280)],
        })
        .await
}

/// What is shown of one app.
struct Visit {
    name: &'static str,
    data: PathBuf,
    person: Person,
    /// The name of the first screen's picture.
    home: &'static str,
    /// Further screens, and what is pressed on the first one to get there.
    ways: &'static [(&'static str, &'static str)],
    sizes: [(u32, u32); 2],
}

struct Studio {
    programs: Programs,
    display: VirtualDisplay,
    pictures: PathBuf,
}

impl Studio {
    /// The sign-in screen, then the screens of who signs in.
    async fn shoot(&self, visit: &Visit) -> Result<()> {
        let app = self.programs.app()?;
        let log = self.pictures.join(format!("{}.log", visit.name));
        let window = Window::open(visit.name, &app, self.display.name(), &visit.data, &log).await?;
        // Yesterday's person may still be signed in: what is kept for the next time is kept whole.
        if !window.texts("sign-in").await?.is_empty() {
            self.at_each_size(&window, "sign-in", visit.sizes).await?;
            window.kill().await?;
            demo::sign_in(&CommandLine::new(&self.programs, &visit.data)?, visit.person)?;
            window.reopen().await?;
        }
        self.at_each_size(&window, visit.home, visit.sizes).await?;
        for (what, pressed) in visit.ways {
            window.click(pressed).await?;
            self.at_each_size(&window, what, visit.sizes).await?;
            window.run("location.hash = '/'", Vec::new()).await?;
        }
        Ok(())
    }

    async fn at_each_size(&self, window: &Window, what: &str, sizes: [(u32, u32); 2]) -> Result<()> {
        for (width, height) in sizes {
            window.resize(width, height).await?;
            let file = self.pictures.join(format!("{}-{what}-{width}x{height}.png", window.name()));
            window.screenshot(&file).await?;
            println!("{}", file.display());
        }
        Ok(())
    }
}
