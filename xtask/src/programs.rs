//! Where the built programs lie.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// A folder with `dutybook-app`, `dutybook-server` and `dutybook` from the same build.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs in `folder`, for example `target/debug`.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The programs of the build that the calling program belongs to: `target/debug` for a test in
    /// `target/debug/deps`. `DUTYBOOK_PROGRAMS` names another folder.
    pub fn of_this_build() -> Result<Self> {
        if let Some(folder) = env::var_os("DUTYBOOK_PROGRAMS") {
            return Ok(Self { folder: folder.into() });
        }
        let exe = env::current_exe().context("this program does not know where it lies")?;
        let folder = exe
            .ancestors()
            .skip(1)
            .find(|folder| !folder.ends_with("deps"))
            .context("this program lies in no folder")?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The window program that people use.
    pub fn app(&self) -> Result<PathBuf> {
        self.program("dutybook-app")
    }

    /// The sync server.
    pub fn server(&self) -> Result<PathBuf> {
        self.program("dutybook-server")
    }

    /// The command line.
    pub fn command_line(&self) -> Result<PathBuf> {
        self.program("dutybook")
    }

    fn program(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        ensure!(
            path.is_file(),
            "{} is not built: `cargo build --workspace` builds it, `cargo xtask test` builds and tests all",
            path.display()
        );
        Ok(path)
    }
}
