-- The keys that several usable records of usage have.
{{ config(schema="core") }} {{ repeated_keys("usage", ["account_id"]) }}
