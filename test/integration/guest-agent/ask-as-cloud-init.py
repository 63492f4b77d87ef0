"""What cloud-init itself finds out in a guest whose serial number is the first argument, as JSON. Nothing of this
machine is read for it or changed: the serial number is put in its mouth, and its folders are temporary."""
import json
import sys
import tempfile

from cloudinit import dmi, helpers
from cloudinit.net import eni, networkd
from cloudinit.net.network_state import parse_net_config_data
from cloudinit.sources import DataSourceEc2 as ec2
from cloudinit.sources import DataSourceNoCloud as nocloud

serial = sys.argv[1]
dmi.read_dmi_data = lambda key: serial if key == "system-serial-number" else None
scratch = tempfile.TemporaryDirectory()  # goes when the program ends
folder = scratch.name
paths = helpers.Paths({"cloud_dir": folder, "run_dir": folder})
config = {
    "datasource": {
        "NoCloud": {"fs_label": None},
        "Ec2": {"metadata_urls": ["http://169.254.169.254"], "max_wait": 20, "timeout": 5},
    }
}


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def ask_nocloud():
    local = nocloud.DataSourceNoCloud(config, None, paths)._get_data()
    source = nocloud.DataSourceNoCloudNet(config, None, paths)
    found = source._get_data()
    return {
        "local": local,
        "found": found,
        "instance-id": source.get_instance_id(),
        "hostname": source.get_hostname(fqdn=True)[0],
        "keys": source.get_public_ssh_keys(),
        "user-data": text(source.userdata_raw),
        "vendor-data": text(source.vendordata_raw),
        "network": source.network_config,
    }


def render(network):
    """What a network-config becomes; nothing for a version that reads none over HTTP (before 24.3)."""
    if network is None:
        return None
    state = parse_net_config_data(network)
    files = {}
    for name, renderer in (("networkd", networkd.Renderer({})), ("eni", eni.Renderer({"eni_path": "eni"}))):
        target = tempfile.mkdtemp(dir=folder)
        renderer.render_network_state(state, target=target)
        path = {"networkd": "/etc/systemd/network/10-cloud-init-card0.network", "eni": "/eni"}[name]
        with open(target + path) as file:
            files[name] = file.read()
    return files


def ask_ec2(cloud):
    ec2.identify_platform = lambda: cloud
    return ec2.DataSourceEc2(config, None, paths).crawl_metadata()


found = ask_nocloud()
answers = {
    "nocloud": found,
    "files": render(found["network"]),
    "ec2": ask_ec2(ec2.CloudNames.UNKNOWN),
    "aws": ask_ec2(ec2.CloudNames.AWS),
}
print(json.dumps(answers, default=text))
