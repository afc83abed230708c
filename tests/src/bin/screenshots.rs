//! Pictures of both apps at the sizes they are made for: `screenshots DESK-DATA TABLET-DATA DIR`.
//!
//! `cargo xtask run --screenshots DIR` brings the demo site up and calls this.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dutybook_tests::windows::Window;
use xtask::command_line::CommandLine;
use xtask::demo::{self, DUTY_OFFICER, GUARD, Person};
use xtask::display::VirtualDisplay;
use xtask::programs::Programs;

type Sizes = [(u32, u32); 2];

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
    studio.shoot("desk", &desk, DUTY_OFFICER, [(1366, 768), (1920, 1080)]).await?;
    studio.shoot("tablet", &tablet, GUARD, [(1180, 820), (800, 1280)]).await
}

struct Studio {
    programs: Programs,
    display: VirtualDisplay,
    pictures: PathBuf,
}

impl Studio {
    /// The sign-in screen, then the first screen of `person`.
    async fn shoot(&self, name: &str, data: &Path, person: Person, sizes: Sizes) -> Result<()> {
        let app = self.programs.app()?;
        let log = self.pictures.join(format!("{name}.log"));
        let window = Window::open(name, &app, self.display.name(), data, &log).await?;
        self.at_each_size(&window, "sign-in", sizes).await?;
        window.kill().await?;
        demo::sign_in(&CommandLine::new(&self.programs, data)?, person)?;
        window.reopen().await?;
        self.at_each_size(&window, "first-screen", sizes).await
    }

    async fn at_each_size(&self, window: &Window, what: &str, sizes: Sizes) -> Result<()> {
        for (width, height) in sizes {
            window.resize(width, height).await?;
            let file = self.pictures.join(format!("{}-{what}-{width}x{height}.png", window.name()));
            window.screenshot(&file).await?;
            println!("{}", file.display());
        }
        Ok(())
    }
}
