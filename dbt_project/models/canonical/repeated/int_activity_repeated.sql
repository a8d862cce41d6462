-- The keys that several usable records of activity have.
{{ config(schema="core") }} {{ repeated_keys("activities", ["account_id"]) }}
