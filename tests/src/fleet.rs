//! Several devices and a real server in one process.
