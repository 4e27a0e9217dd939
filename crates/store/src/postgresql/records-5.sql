-- Few interactions have a parent or continue a thread.
CREATE INDEX interaction_parent ON ringback_records.interaction (tenant, parent, id)
    WHERE parent IS NOT NULL;
CREATE INDEX interaction_thread ON ringback_records.interaction (tenant, thread, id)
    WHERE thread IS NOT NULL;
