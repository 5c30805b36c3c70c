-- Phone numbers as people look for them: by their last digits, however they are written.

-- The digits backwards, so that what a number ends with is what the index begins with.
create function phone_tail(phone text) returns text language sql immutable parallel safe as $$
    select reverse(regexp_replace(phone, '\D', '', 'g'))
$$;
