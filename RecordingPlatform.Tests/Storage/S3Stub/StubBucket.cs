using System.Security.Cryptography;

namespace RecordingPlatform.Tests.Storage.S3Stub;

sealed record StubObject(byte[] Content, string ETag, string StorageClass, DateTimeOffset ModifiedAt)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<(string Key, string Value)> Tags { get; init; } = [];

    public bool Restoring { get; init; }

    public DateTimeOffset? RestoredUntil { get; init; }

    public bool Offline => StorageClass is "GLACIER" or "DEEP_ARCHIVE" && RestoredUntil is null;
}

sealed record StubUpload(string Key, IReadOnlyDictionary<string, string> Metadata)
{
    public SortedDictionary<int, (string ETag, byte[] Content)> Parts { get; } = [];
}

/// <summary>One bucket's objects and unfinished uploads. Everything happens under one lock, so conditions are atomic.</summary>
sealed class StubBucket(TimeProvider clock)
{
    const int SmallestPart = 5 * 1024 * 1024;

    readonly Lock gate = new();
    readonly SortedDictionary<string, StubObject> objects = new(StringComparer.Ordinal);
    readonly Dictionary<string, StubUpload> uploads = [];

    public int UnfinishedUploads
    {
        get
        {
            lock (gate)
                return uploads.Count;
        }
    }

    public StubObject Get(string key)
    {
        lock (gate)
            return objects.GetValueOrDefault(key) ?? throw StubError.NoSuchKey;
    }

    public StubObject Put(string key, byte[] content, string storageClass, IReadOnlyDictionary<string, string> metadata, string? ifNoneMatch)
    {
        lock (gate)
        {
            Check(key, ifNoneMatch);
            return objects[key] = new StubObject(content, $"\"{Convert.ToHexStringLower(Md5(content))}\"", storageClass, clock.GetUtcNow()) { Metadata = metadata };
        }
    }

    public void Delete(string key, string? ifMatch)
    {
        lock (gate)
        {
            if (ifMatch is not null && (!objects.TryGetValue(key, out var found) || ifMatch != "*" && ifMatch != found.ETag))
                throw StubError.PreconditionFailed;
            objects.Remove(key);
        }
    }

    /// <summary>A copy in the same bucket, onto the same key.</summary>
    public StubObject Reclass(string key, string storageClass, string? sourceIfMatch, string? ifMatch)
    {
        lock (gate)
        {
            var source = objects.GetValueOrDefault(key) ?? throw StubError.NoSuchKey;
            if (sourceIfMatch is not null && sourceIfMatch != source.ETag || ifMatch is not null && ifMatch != source.ETag)
                throw StubError.PreconditionFailed;
            if (source.Offline)
                throw new StubError(403, "InvalidObjectState", "Operation is not valid for the source object's storage class");
            if (source.StorageClass == storageClass)
                throw new StubError(400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.");
            return objects[key] = source with { StorageClass = storageClass, ModifiedAt = clock.GetUtcNow(), Restoring = false, RestoredUntil = null };
        }
    }

    public void Tag(string key, IReadOnlyList<(string Key, string Value)> tags)
    {
        lock (gate)
            objects[key] = Get(key) with { Tags = tags };
    }

    public void Restore(string key)
    {
        lock (gate)
        {
            var archived = Get(key);
            if (archived.StorageClass is not ("GLACIER" or "DEEP_ARCHIVE"))
                throw new StubError(403, "InvalidObjectState", "Restore is not allowed for the object's current storage class");
            if (archived.Restoring)
                throw new StubError(409, "RestoreAlreadyInProgress", "Object restore is already in progress");
            objects[key] = archived with { Restoring = true };
        }
    }

    public void FinishRestores(TimeSpan readableFor)
    {
        lock (gate)
        {
            foreach (var (key, archived) in objects.Where(entry => entry.Value.Restoring).ToArray())
                objects[key] = archived with { Restoring = false, RestoredUntil = clock.GetUtcNow() + readableFor };
        }
    }

    public (IReadOnlyList<KeyValuePair<string, StubObject>> Page, bool More) List(string prefix, string after, int count)
    {
        lock (gate)
        {
            var found = objects.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(entry.Key, after) > 0).Take(count + 1).ToList();
            return ([.. found.Take(count)], found.Count > count);
        }
    }

    public string Begin(string key, IReadOnlyDictionary<string, string> metadata)
    {
        lock (gate)
        {
            var id = $"{Guid.CreateVersion7():n}";
            uploads[id] = new StubUpload(key, metadata);
            return id;
        }
    }

    public string PutPart(string id, string key, int number, byte[] content)
    {
        lock (gate)
        {
            var etag = $"\"{Convert.ToHexStringLower(Md5(content))}\"";
            Upload(id, key).Parts[number] = (etag, content);
            return etag;
        }
    }

    public StubObject Complete(string id, string key, IReadOnlyList<(int Number, string ETag)> parts, string? ifNoneMatch)
    {
        lock (gate)
        {
            var upload = Upload(id, key);
            Check(key, ifNoneMatch);
            if (!parts.Select(part => part.Number).SequenceEqual(parts.Select(part => part.Number).Distinct().Order()))
                throw new StubError(400, "InvalidPartOrder");
            if (parts.Count == 0 || parts.Any(part => !upload.Parts.TryGetValue(part.Number, out var stored) || stored.ETag.Trim('"') != part.ETag.Trim('"')))
                throw new StubError(400, "InvalidPart");
            if (parts.SkipLast(1).Any(part => upload.Parts[part.Number].Content.Length < SmallestPart))
                throw new StubError(400, "EntityTooSmall");
            uploads.Remove(id);
            byte[] content = [.. parts.SelectMany(part => upload.Parts[part.Number].Content)];
            return objects[key] = new StubObject(content, $"\"{Convert.ToHexStringLower(Md5(content))}-{parts.Count}\"", "STANDARD", clock.GetUtcNow()) { Metadata = upload.Metadata };
        }
    }

    public void Abort(string id, string key)
    {
        lock (gate)
        {
            Upload(id, key);
            uploads.Remove(id);
        }
    }

    void Check(string key, string? ifNoneMatch)
    {
        if (ifNoneMatch is not (null or "*"))
            throw new StubError(501, "NotImplemented", "A header you provided implies functionality that is not implemented");
        if (ifNoneMatch == "*" && objects.ContainsKey(key))
            throw StubError.PreconditionFailed;
    }

    StubUpload Upload(string id, string key) =>
        uploads.GetValueOrDefault(id) is { } upload && upload.Key == key ? upload : throw new StubError(404, "NoSuchUpload");

#pragma warning disable CA5351 // S3's ETags and Content-MD5 are MD5: sums, not secrets.
    public static byte[] Md5(byte[] content) => MD5.HashData(content);
#pragma warning restore CA5351
}
