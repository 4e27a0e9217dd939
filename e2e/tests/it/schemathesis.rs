//! Schemathesis against the built binary, with a key of each role and with real ids: no answer
//! outside the OpenAPI document, no failure of the server, nothing wrong taken as right, and every
//! operation reached.

mod coverage;
mod seeded;

use crate::support::server::Site;
use crate::support::skip::{rounds, skip, soak};
use coverage::Coverage;
use seeded::Seeded;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXCEPTIONS: &str = include_str!("../../schemathesis-exceptions.txt");
/// The checks that hold for every role.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    missing_required_header,unsupported_method,allow_header_conformance,ignored_auth";
/// Being over is a rejection too: the state may be looked at before the rest of a body.
const CONFIGURATION: &str = "[checks.negative_data_rejection]\n\
    expected-statuses = [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428, 429]\n";
/// Administrators come last, because they change what the others need.
const ROLES: [&str; 5] = [
    "agent",
    "supervisor",
    "integrator",
    "auditor",
    "administrator",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_role_meets_the_document_and_every_operation_is_reached() {
    let Some(tool) = tool() else {
        let why = "not installed: scripts/setup test brings it";
        return skip("schemathesis", why);
    };
    let site = Site::new();
    let _server = site.start().await;
    let seeded = Seeded::plant(&site.administrator(0)).await;
    std::fs::write(site.path("schemathesis.toml"), CONFIGURATION).expect("a configuration");
    let mut coverage = Coverage::of(&seeded.document, EXCEPTIONS);
    let mut wrong = Vec::new();
    for role in ROLES {
        let run = Run {
            tool: &tool,
            site: &site,
            role,
            secret: &seeded.secrets[role],
        };
        let document = seeded.document_for(role);
        let report = tokio::task::block_in_place(|| run.perform(&document));
        match report {
            Ok(report) => coverage.add(&report),
            Err(output) => wrong.push(format!("as {role}:\n{output}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    coverage.judge();
    // Whatever was thrown at it, the server has kept its books.
    let administrator = site.administrator(0);
    let overview = administrator.get("/v1/overview").await;
    let list = format!("/v1/interactions?limit=1&at_least={}", overview["sequence"]);
    administrator.get(&list).await;
}

/// One role's run.
struct Run<'a> {
    tool: &'a Path,
    site: &'a Site,
    role: &'a str,
    secret: &'a str,
}

impl Run<'_> {
    /// The requests and answers, or what Schemathesis says is wrong.
    fn perform(&self, document: &Value) -> Result<Value, String> {
        let file = self.site.path(&format!("{}.json", self.role));
        std::fs::write(&file, document.to_string()).expect("the document can be written");
        let har = self.site.path(&format!("{}.har", self.role));
        let examples = rounds(5, 300).to_string();
        let authorization = format!("Authorization: Bearer {}", self.secret);
        let base = self.site.base();
        let mut command = Command::new(self.tool);
        command
            .current_dir(self.site.path(""))
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(&file)
            .args(["--url", &base, "--header", &authorization])
            .args([
                "--exclude-path",
                "/v1/bulk",
                "--exclude-path",
                "/v1/events",
                "--exclude-path",
                "/v1/statistics/events",
                "--exclude-path",
                "/v1/stream",
            ])
            .args(["--checks", CHECKS, "--max-examples", &examples])
            .args([
                "--continue-on-failure",
                "--warnings",
                "off",
                "--request-timeout",
                "40",
            ])
            .args(["--report", "har", "--report-har-path"])
            .arg(&har);
        if soak() {
            // Without a seed; the one that was drawn stands in the output.
            command.args(["--phases", "examples,coverage,fuzzing,stateful"]);
        } else {
            command.args([
                "--phases",
                "examples,coverage,fuzzing",
                "--seed",
                "1",
                "--no-shrink",
            ]);
        }
        let output = command.output().expect("Schemathesis starts");
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{text}\n{errors}"));
        }
        let report = std::fs::read(&har).expect("the report was written");
        Ok(serde_json::from_slice(&report).expect("the report is JSON"))
    }
}

/// Schemathesis, where `scripts/setup test` puts it.
fn tool() -> Option<PathBuf> {
    let cache = std::env::var_os("RINGBACK_CACHE_DIR").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache");
    let tool = cache.unwrap_or(here).join("bin/schemathesis");
    tool.canonicalize().ok()
}
