using System.Runtime.InteropServices;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Core.Keys;

/// <summary>Whose key an object hangs on: a subject, or a row that belongs to none and owns itself.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct KeyOwner(OwnerKind Kind, Guid Id);
