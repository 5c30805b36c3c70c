using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Storage.Azure;

namespace RecordingPlatform.Core.Storage;

/// <summary>Finds everything that is wrong with the section at once, each error beginning with its key.</summary>
internal sealed partial class StorageOptionsValidation : IValidateOptions<StorageOptions>
{
    /// <summary>A writer needs no more than moments between making its folder and locking it.</summary>
    static readonly TimeSpan ShortestSweep = TimeSpan.FromMinutes(1);

    /// <summary>Below this a slow answer would be taken for none.</summary>
    static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(1);

    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        List<string> errors = [];
        switch (options.Provider)
        {
            case "disk":
                ValidateDisk(options.Disk, errors);
                break;
            case "azure":
                ValidateAzure(options.Azure, errors);
                break;
            case "s3":
                ValidateS3(options.S3, errors);
                break;
            default:
                errors.Add($"Storage:Provider is '{options.Provider}'; it must be disk, azure or s3.");
                break;
        }

        var (key, container) = options.ContainerOf(StoreContainer.Recordings);
        var (evidenceKey, evidence) = options.ContainerOf(StoreContainer.Evidence);
        if (!ContainerName.IsMatch(container))
            errors.Add($"{key} is '{container}'; it must be {ContainerRule}.");
        if (!ContainerName.IsMatch(evidence))
            errors.Add($"{evidenceKey} is '{evidence}'; it must be {ContainerRule}.");
        if (container == evidence)
            errors.Add($"{evidenceKey} is '{evidence}', as is {key}; they must differ.");

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

    static void ValidateAzure(AzureStorageOptions azure, List<string> errors)
    {
        if (!BlobConnection.TryParse(azure.ConnectionString, out _, out var error))
            errors.Add(error);
        if (azure.Timeout < ShortestTimeout)
            errors.Add($"Storage:Azure:Timeout is {azure.Timeout}; it must be at least {ShortestTimeout}.");
    }

    static void ValidateS3(S3StorageOptions s3, List<string> errors)
    {
        if (s3.ServiceUrl is { } address && !(Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            errors.Add($"Storage:S3:ServiceUrl is '{address}'; it must be an http or https URL.");
        if (s3.ServiceUrl is null && string.IsNullOrWhiteSpace(s3.Region))
            errors.Add("Storage:S3:Region is missing; it must name the buckets' region, as eu-central-1, unless Storage:S3:ServiceUrl is given.");
        if (string.IsNullOrEmpty(s3.AccessKey) != string.IsNullOrEmpty(s3.SecretKey))
            errors.Add($"Storage:S3:{(string.IsNullOrEmpty(s3.AccessKey) ? "AccessKey" : "SecretKey")} is missing; give both keys, or neither to take the environment's, the profile's or the machine's role.");
        if (s3.Timeout < ShortestTimeout)
            errors.Add($"Storage:S3:Timeout is {s3.Timeout}; it must be at least {ShortestTimeout}.");
        if (s3.RestoredDays < 1)
            errors.Add($"Storage:S3:RestoredDays is {s3.RestoredDays}; it must be at least 1.");
    }

    const string ContainerRule = "3 to 63 characters from a-z, 0-9 and single hyphens between them";

    // What Azure and S3 both take as the name of a container.
    [GeneratedRegex(@"\A(?=.{3,63}\z)[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContainerName { get; }
}
