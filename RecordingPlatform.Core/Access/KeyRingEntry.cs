namespace RecordingPlatform.Core.Access;

/// <summary>One element of the portal's Data Protection key ring, sealed by a master key.</summary>
public sealed class KeyRingEntry
{
    public Guid Id { get; init; }
    public required string FriendlyName { get; init; }
    public required byte[] SealedXml { get; set; }
    public Guid MasterKeyId { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}
