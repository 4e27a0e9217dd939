//! The door: one binary for the server, the demo and the operator's tools.

mod cli;
mod client;
mod commands;
mod config;
mod demo;
mod doctor;
mod file_system;
#[cfg(test)]
mod golden;
mod objects;
mod outward;
mod process;
mod random;
mod secret;
mod serve;
mod size;
mod stores;
mod telemetry;
mod top;

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS provider for everything in the process. Only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ringback: {}", cli::for_people(&error));
            ExitCode::FAILURE
        }
    }
}
