create schema if not exists pgb authorization postgres;
grant usage on schema pgb to pgb_auth;
create or replace function pgb.lookup(u text, out name text, out secret text) language sql security definer set search_path = pg_catalog as $lookup${{body}}$lookup$;
revoke all on function pgb.lookup(text) from public;
grant execute on function pgb.lookup(text) to pgb_auth;
