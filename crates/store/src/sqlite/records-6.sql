-- Few interactions have a parent or continue a thread; as with contacts, those of a stretch of 4,096
-- ids come to a few pages.
CREATE INDEX interaction_parent ON interaction (tenant, id >> 12, parent, id)
    WHERE parent IS NOT NULL;
CREATE INDEX interaction_thread ON interaction (tenant, id >> 12, thread, id)
    WHERE thread IS NOT NULL;
