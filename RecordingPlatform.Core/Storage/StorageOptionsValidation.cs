using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Core.Storage;

/// <summary>Finds everything that is wrong with the section at once, each error beginning with its key.</summary>
internal sealed partial class StorageOptionsValidation : IValidateOptions<StorageOptions>
{
    /// <summary>A writer needs no more than moments between making its folder and locking it.</summary>
    static readonly TimeSpan ShortestSweep = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        List<string> errors = [];
        switch (options.Provider)
        {
            case "disk":
                ValidateDisk(options.Disk, errors);
                break;
            case "azure" or "s3":
                errors.Add($"Storage:Provider is '{options.Provider}', which this build does not contain; it contains disk.");
                break;
            default:
                errors.Add($"Storage:Provider is '{options.Provider}'; it must be disk, azure or s3.");
                break;
        }

        if (!ContainerName.IsMatch(options.Container))
            errors.Add($"Storage:Container is '{options.Container}'; it must be {ContainerRule}.");
        if (!ContainerName.IsMatch(options.EvidenceContainer))
            errors.Add($"Storage:EvidenceContainer is '{options.EvidenceContainer}'; it must be {ContainerRule}.");
        if (options.Container == options.EvidenceContainer)
            errors.Add($"Storage:EvidenceContainer is '{options.EvidenceContainer}', as is Storage:Container; they must differ.");

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    static void ValidateDisk(DiskStorageOptions disk, List<string> errors)
    {
        if (disk.Path.Length == 0)
            errors.Add("Storage:Disk:Path is missing; it must be the absolute path of the folder that holds the containers.");
        else if (!Path.IsPathFullyQualified(disk.Path))
            errors.Add($"Storage:Disk:Path is '{disk.Path}'; it must be an absolute path.");
        if (disk.RestoreDelay < TimeSpan.Zero)
            errors.Add($"Storage:Disk:RestoreDelay is {disk.RestoreDelay}; it must not be negative.");
        if (disk.SweepAfter < ShortestSweep)
            errors.Add($"Storage:Disk:SweepAfter is {disk.SweepAfter}; it must be at least {ShortestSweep}.");
        if (!OperatingSystem.IsLinux())
            errors.Add("Storage:Provider is 'disk', which needs Linux.");
    }

    const string ContainerRule = "3 to 63 characters from a-z, 0-9 and single hyphens between them";

    // What Azure and S3 both take as the name of a container.
    [GeneratedRegex(@"\A(?=.{3,63}\z)[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContainerName { get; }
}
