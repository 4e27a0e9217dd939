-- Nobody asks for the history of an agent, and every line paid for it.
DROP INDEX ringback_records.history_agent;
