DROP TRIGGER proofs_tell ON proofs;
DROP FUNCTION zapiki_tell_of_proof, zapiki_unstarted_deliveries, zapiki_forget_deliveries, zapiki_webhook_secrets_by_key,
    zapiki_webhook_secrets_under_others;
DROP TABLE webhook_deliveries, webhook_secrets, webhooks;
DROP FUNCTION zapiki_uuid_v7;
